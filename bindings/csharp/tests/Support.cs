// What the tests share: waiting with a bound, a client without a service, a transport that is told what to answer.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Matchport.Tests
{
    internal static class Support
    {
        internal const string Token = "tok-very-secret";
        internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        internal static string Variable(string name)
        {
            string value = Environment.GetEnvironmentVariable(name);
            Assert.That(value, Is.Not.Null.And.Not.Empty, "set " + name + " (the runner of `cargo xtask test` does)");
            return value;
        }

        /// <summary>
        /// Options for a client without a service, whose clock is the system's and whose pauses are short.
        /// </summary>
        internal static ClientOptions Options(IHttpTransport transport, PumpMode mode = PumpMode.Thread)
        {
            return new ClientOptions("https://api.example.com", Token)
            {
                Transport = transport,
                PumpMode = mode,
                Entropy = Random,
                BackoffFirst = TimeSpan.FromMilliseconds(1),
                BackoffLongest = TimeSpan.FromMilliseconds(5),
                LateStart = TimeSpan.FromMilliseconds(20),
                Settle = TimeSpan.FromSeconds(2),
            };
        }

        /// <summary>
        /// The system's random bytes, without the cryptography library that an old runtime may not find.
        /// </summary>
        internal static void Random(byte[] bytes)
        {
            using (FileStream file = File.OpenRead("/dev/urandom"))
            {
                Assert.That(file.Read(bytes, 0, bytes.Length), Is.EqualTo(bytes.Length));
            }
        }

        /// <summary>The result, or the exception itself, within a bound.</summary>
        internal static T Get<T>(Task<T> task)
        {
            Assert.That(Task.WaitAny(new Task[] { task }, Patience), Is.EqualTo(0), "the task never ended");
            return task.GetAwaiter().GetResult();
        }

        internal static void Get(Task task)
        {
            Assert.That(Task.WaitAny(new[] { task }, Patience), Is.EqualTo(0), "the task never ended");
            task.GetAwaiter().GetResult();
        }

        /// <summary>What a task fails with.</summary>
        internal static TException Fails<TException>(Func<Task> call) where TException : Exception
        {
            try
            {
                Get(call());
            }
            catch (TException fault)
            {
                return fault;
            }
            throw new AssertionException("did not fail with " + typeof(TException).Name);
        }

        /// <summary>Pumps until it holds.</summary>
        internal static void PumpUntil(MatchportClient client, Func<bool> holds)
        {
            Stopwatch clock = Stopwatch.StartNew();
            while (!holds())
            {
                Assert.That(clock.Elapsed, Is.LessThan(Patience), "never came true");
                client.Pump();
                Thread.Yield();
            }
        }
    }

    /// <summary>Progress that is told at once, on the thread that tells.</summary>
    internal sealed class Heard<T> : IProgress<T>
    {
        internal readonly ConcurrentQueue<T> All = new ConcurrentQueue<T>();
        private readonly Action<T> also;

        internal Heard(Action<T> also = null)
        {
            this.also = also;
        }

        public void Report(T value)
        {
            All.Enqueue(value);
            if (also != null)
            {
                also(value);
            }
        }
    }

    /// <summary>A transport that answers as a test says, on the thread that sends.</summary>
    internal sealed class ScriptedTransport : IHttpTransport, IDisposable
    {
        internal const string Running =
            "{\"id\":\"S\",\"image\":\"demo\",\"location\":\"eu-west-1\",\"host\":\"10.0.0.1\",\"created\":1700000000123,"
            + "\"port\":{\"7777/udp\":27015},\"status\":\"running\",\"labels\":{},"
            + "\"players\":{\"joined\":[\"a\",\"b\"],\"joinedCount\":2}}";

        internal readonly ConcurrentQueue<HttpTransportRequest> Sent = new ConcurrentQueue<HttpTransportRequest>();
        internal readonly ConcurrentQueue<long> Aborted = new ConcurrentQueue<long>();
        internal volatile bool IsDisposed;
        private readonly Action<HttpTransportRequest, IHttpAnswer> script;

        internal ScriptedTransport(Action<HttpTransportRequest, IHttpAnswer> script = null)
        {
            this.script = script ?? Service;
        }

        public void Send(HttpTransportRequest request, IHttpAnswer answer)
        {
            Sent.Enqueue(request);
            script(request, answer);
        }

        public void Abort(long request)
        {
            Aborted.Enqueue(request);
        }

        public void Dispose()
        {
            IsDisposed = true;
        }

        /// <summary>How many requests of this kind were sent.</summary>
        internal int Count(string method)
        {
            int count = 0;
            foreach (HttpTransportRequest request in Sent)
            {
                count += request.Method == method ? 1 : 0;
            }
            return count;
        }

        /// <summary>A service where everything works.</summary>
        internal static void Service(HttpTransportRequest request, IHttpAnswer answer)
        {
            switch (request.Method)
            {
                case "POST":
                    answer.Respond(201, null, Bytes(
                        "{\"host\":\"10.0.0.1\",\"ports\":[{\"type\":\"udp\",\"container\":7777,\"host\":27015}]}"));
                    break;
                case "DELETE":
                    answer.Respond(204, null, null);
                    break;
                default:
                    string id = request.Url.Substring(request.Url.LastIndexOf('/') + 1);
                    answer.Respond(200, null, Bytes(Running.Replace("\"S\"", "\"" + id + "\"")));
                    break;
            }
        }

        internal static byte[] Bytes(string text)
        {
            return Encoding.UTF8.GetBytes(text);
        }
    }

    internal static class Matches
    {
        internal static AllocateRequest Demo()
        {
            AllocateRequest request = new AllocateRequest("demo");
            request.Locations.Add("eu-west-1");
            return request;
        }

        internal static IEnumerable<string> Players(params string[] names)
        {
            return names;
        }
    }
}
