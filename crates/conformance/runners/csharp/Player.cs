// Plays one vector to a client that is pumped by hand, over a transport, a clock and random bytes of the vector's.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Matchport.Vectors
{
    internal sealed class VectorPlayer : IHttpTransport, IDisposable
    {
        private readonly JToken file;
        private readonly string token;
        private readonly MatchportClient client;
        private readonly List<CancellationTokenSource> operations = new List<CancellationTokenSource>();
        private readonly List<KeyValuePair<long, IHttpAnswer>> exchanges = new List<KeyValuePair<long, IHttpAnswer>>();
        private JArray requests, events, progress;
        private byte[] entropy;
        private long now;

        internal VectorPlayer(JToken file, JToken vector)
        {
            this.file = file;
            JToken madeWith = vector["client"] ?? file["client"];
            token = (string)madeWith["token"];
            ClientOptions options = Given.Client(madeWith);
            options.Transport = this;
            options.PumpMode = PumpMode.Manual;
            options.Clock = () => now;
            options.Entropy = bytes => Array.Copy(entropy, bytes, bytes.Length);
            client = new MatchportClient(options);
        }

        /// <summary>What is wrong, or null.</summary>
        internal string Play(JToken step)
        {
            requests = new JArray();
            events = new JArray();
            progress = new JArray();
            now = (long)step["at"];
            client.Pump();
            Act(step);
            client.Pump();
            return Compare("requests", step["requests"] ?? new JArray(), requests, true)
                ?? Compare("events", step["events"] ?? new JArray(), events, false)
                ?? (step["progress"] == null ? null : Compare("progress", step["progress"], progress, true));
        }

        internal int Open
        {
            get { return client.OperationCount; }
        }

        /// <summary>A request as vectors show it. What every request has to have is checked here.</summary>
        public void Send(HttpTransportRequest request, IHttpAnswer answer)
        {
            exchanges.Add(new KeyValuePair<long, IHttpAnswer>(request.Id, answer));
            string address = (string)file["base"], accept = request.Headers["accept"], type;
            request.Headers.TryGetValue("content-type", out type);
            bool isRight = request.Headers["authorization"] == "Bearer " + token
                && type == (request.Body == null ? null : "application/json")
                && request.Url.StartsWith(address, StringComparison.Ordinal);
            requests.Add(new JObject
            {
                { "send", (isRight ? "" : "wrong headers or address: ") + request.Method + " " + request.Url.Substring(address.Length) },
                { "body", request.Body == null ? null : Matching.Parse(Encoding.UTF8.GetString(request.Body)) },
                { "accept", accept == "application/json" ? null : accept },
            });
        }

        public void Abort(long request)
        {
            requests.Add(new JObject { { "abort", exchanges.FindIndex(exchange => exchange.Key == request) + 1 } });
        }

        public void Dispose()
        {
        }

        internal void Close()
        {
            client.Dispose();
        }

        private void Act(JToken step)
        {
            if (step["begin"] != null)
            {
                Begin(step, (string)step["begin"], step["options"] ?? new JObject());
                return;
            }
            if (step["cancel"] != null)
            {
                operations[(int)step["cancel"] - 1].Cancel();
                return;
            }
            if (step["shutdown"] != null)
            {
                client.ShutdownAsync(TimeSpan.FromMilliseconds((double)step["shutdown"]));
                return;
            }
            int number = step["to"] == null ? exchanges.Count : (int)step["to"];
            if (number < 1 || number > exchanges.Count)
            {
                return;
            }
            IHttpAnswer answer = exchanges[number - 1].Value;
            if (step["answer"] != null)
            {
                JToken meant = step["answer"] is JObject ? step["answer"] : file["answers"][(string)step["answer"]];
                string body = meant["json"] == null ? (string)meant["text"] ?? "" : meant["json"].ToString(Formatting.None);
                answer.Respond((int)meant["status"], (string)meant["retryAfter"], Encoding.UTF8.GetBytes(body));
            }
            else if (step["head"] != null)
            {
                answer.Begin((int)step["head"]["status"], (string)step["head"]["retryAfter"]);
            }
            else if (step["data"] != null)
            {
                byte[] data = Encoding.UTF8.GetBytes((string)step["data"]);
                answer.Data(data, 0, data.Length);
            }
            else if (step["end"] != null)
            {
                answer.End();
            }
            else if (step["fail"] != null)
            {
                string kind = (string)step["fail"];
                answer.Fail(kind == "not_sent" ? HttpFailure.NotSent : kind == "broken" ? HttpFailure.Broken
                    : kind == "timed_out" ? HttpFailure.TimedOut : HttpFailure.TooLarge, "the vector says " + kind);
            }
        }

        private void Begin(JToken step, string kind, JToken given)
        {
            string digits = (string)step["entropy"];
            entropy = Enumerable.Range(0, 24)
                .Select(index => digits == null ? (byte)(index + 1) : Convert.ToByte(digits.Substring(2 * index, 2), 16)).ToArray();
            CancellationTokenSource source = new CancellationTokenSource();
            operations.Add(source);
            int number = operations.Count;
            CancellationToken token = source.Token;
            Action<string> keep = delegate(string ticket)
            {
                Event(number, "ticket", Matching.Parse(ticket));
                if (step["keepTicket"] != null && !(bool)step["keepTicket"])
                {
                    throw new IOException("the ticket can't be kept");
                }
            };
            Heard heard = new Heard(delegate(AllocationProgress told)
            {
                JObject shown = Shown.Progress(told);
                shown["operation"] = number;
                progress.Add(shown);
            });
            string id = (string)given["id"], image = (string)given["image"];
            switch (kind)
            {
                case "allocate":
                    AllocateRequest allocate = Given.Allocate(given);
                    allocate.KeepTicket = keep;
                    Watch(number, kind, client.AllocateAsync(allocate, heard, token));
                    break;
                case "resume":
                    ResumeRequest resume = Given.Resume(step["ticket"], given);
                    resume.KeepTicket = keep;
                    Watch(number, kind, client.ResumeAsync(resume, heard, token));
                    break;
                case "backfill": Watch(number, kind, client.BackfillAsync(Given.Backfill(given), token)); break;
                case "list": Watch(number, kind, client.ListAsync(Given.List(given), token)); break;
                case "describe": Watch(number, kind, client.DescribeAsync(id, token)); break;
                case "stop": Watch(number, kind, client.StopAsync(id, token)); break;
                case "join": Watch(number, kind, client.JoinAsync(id, Given.Texts(given["players"]), token)); break;
                case "leave": Watch(number, kind, client.LeaveAsync(Given.Texts(given["players"]), token)); break;
                case "locations": Watch(number, kind, client.LocationsAsync(image, token)); break;
                case "tagExists":
                    string location = (string)given["location"], version = (string)given["version"];
                    Watch(number, kind, client.TagExistsAsync(location, image, version, token));
                    break;
                case "logs":
                    Action<string> line = text => Event(number, "line", text);
                    Watch(number, kind, client.ReadLogsAsync(id, Given.True(given["follow"]), line, token));
                    break;
                case "artifact":
                    Pieces pieces = new Pieces(text => Event(number, "data", text));
                    Watch(number, kind, client.DownloadArtifactAsync(id, (string)given["path"], pieces, null, token));
                    break;
                default: throw new ArgumentException("no operation is called " + kind);
            }
        }

        private void Watch<T>(int number, string kind, Task<T> task)
        {
            task.ContinueWith(delegate(Task<T> ended)
            {
                try
                {
                    Event(number, "completed", Shown.Completed(kind, ended.GetAwaiter().GetResult()));
                }
                catch (MatchportException failure)
                {
                    Event(number, "failed", Shown.Failed(failure.Error));
                }
                catch (MatchportCanceledException cancelled)
                {
                    Event(number, "failed", Shown.Failed(cancelled.Error));
                }
            }, TaskContinuationOptions.ExecuteSynchronously);
        }

        private void Event(int operation, string kind, JToken what)
        {
            events.Add(new JObject { { kind, what }, { "operation", operation } });
        }

        private static string Compare(string what, JToken expected, JArray found, bool whole)
        {
            string all = found.ToString(Formatting.None);
            if (expected.Count() != found.Count)
            {
                return what + ": expected " + expected.ToString(Formatting.None) + ", found " + all;
            }
            for (int i = 0; i < found.Count; i++)
            {
                JObject wanted = (JObject)expected[i].DeepClone();
                if (what == "requests")
                {
                    // A transport is not told which operation a request belongs to.
                    wanted.Remove("operation");
                }
                else if (wanted["operation"] == null)
                {
                    wanted["operation"] = 1;
                }
                string wrong = Matching.Difference(wanted, found[i], whole, what + "[" + i + "]");
                if (wrong != null)
                {
                    return wrong + "\n  all " + what + " found: " + all;
                }
            }
            return null;
        }

        /// <summary>Progress that is told at once.</summary>
        private sealed class Heard : IProgress<AllocationProgress>
        {
            private readonly Action<AllocationProgress> hear;

            internal Heard(Action<AllocationProgress> hear)
            {
                this.hear = hear;
            }

            public void Report(AllocationProgress value)
            {
                hear(value);
            }
        }

        /// <summary>A stream that tells each piece that is written.</summary>
        private sealed class Pieces : MemoryStream
        {
            private readonly Action<string> tell;

            internal Pieces(Action<string> tell)
            {
                this.tell = tell;
            }

            public override void Write(byte[] buffer, int offset, int count)
            {
                tell(Encoding.UTF8.GetString(buffer, offset, count));
            }
        }
    }
}
