// Operations against a transport that the tests script: what is sent, what comes back, in which order, and what becomes of
// it when something fails.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Matchport.Tests
{
    [TestFixture]
    public sealed class HostTransportTests
    {
        [Test]
        public void an_allocation_is_one_start_with_its_ticket_kept_first()
        {
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Heard<AllocationProgress> progress = new Heard<AllocationProgress>();
                AllocateRequest request = Matches.Demo();
                request.Players.Add(new Player("ann", new Latency("eu-west-1", 20), new Latency("eu-west-1", 24)));
                request.Env["MAP"] = "dust2";
                request.Labels["mode"] = "ranked";
                request.Args.Add("--fast");
                string ticket = null;
                int sentBefore = -1;
                request.KeepTicket = delegate(string json)
                {
                    ticket = json;
                    sentBefore = transport.Sent.Count;
                };
                Allocation allocation = Support.Get(client.AllocateAsync(request, progress));
                Assert.That(transport.Count("POST"), Is.EqualTo(1));
                Assert.That(sentBefore, Is.EqualTo(0));
                Assert.That(ticket, Is.StringContaining(allocation.Id));
                Assert.That(ticket, Is.Not.StringContaining("dust2"));
                Assert.That(allocation.Endpoint, Is.EqualTo("10.0.0.1:27015"));
                Assert.That(allocation.Location, Is.EqualTo("eu-west-1"));
                Assert.That(allocation.Ports.Single().Container, Is.EqualTo(7777));
                Assert.That(allocation.Report.Attempts[0].Action, Is.EqualTo(RequestAction.Start));
                Assert.That(allocation.Report.Attempts[0].Outcome, Is.EqualTo(RequestOutcome.Accepted));
                Assert.That(allocation.Report.Locations.Single().MeanMilliseconds, Is.EqualTo(22).Within(0.001));
                Assert.That(progress.All.Select(step => step.Step), Has.Member(AllocationStep.Starting));
                HttpTransportRequest start = transport.Sent.First(sent => sent.Method == "POST");
                string body = Encoding.UTF8.GetString(start.Body);
                foreach (string part in new[] { "dust2", "ranked", "--fast", allocation.Id, "3600" })
                {
                    Assert.That(body, Is.StringContaining(part));
                }
                Assert.That(start.Headers["authorization"], Is.EqualTo("Bearer " + Support.Token));
                Assert.That(start.ToString(), Is.Not.StringContaining(Support.Token));
            }
            Assert.That(transport.IsDisposed);
        }

        [Test]
        public void a_ticket_that_is_not_kept_ends_the_allocation_unsent()
        {
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                AllocateRequest request = Matches.Demo();
                request.KeepTicket = delegate { throw new IOException("the disk is full"); };
                MatchportException fault = Support.Fails<MatchportException>(() => client.AllocateAsync(request));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.TicketNotKept));
                Assert.That(fault.InnerException, Is.InstanceOf<IOException>());
                Assert.That(transport.Sent, Is.Empty);
            }
        }

        [Test]
        public void a_lost_answer_is_looked_up_and_not_started_again()
        {
            int posts = 0;
            ScriptedTransport transport = new ScriptedTransport(delegate(HttpTransportRequest request, IHttpAnswer answer)
            {
                if (request.Method == "POST" && Interlocked.Increment(ref posts) == 1)
                {
                    answer.Fail(HttpFailure.Broken, "reset");
                    return;
                }
                ScriptedTransport.Service(request, answer);
            });
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Allocation allocation = Support.Get(client.AllocateAsync(Matches.Demo()));
                Assert.That(allocation.Report.Adopted);
                Assert.That(posts, Is.EqualTo(1));
            }
        }

        [Test]
        public void a_cancelled_allocation_ends_when_no_server_is_left()
        {
            using (CancellationTokenSource cancel = new CancellationTokenSource())
            {
                ScriptedTransport transport = new ScriptedTransport(delegate(HttpTransportRequest request, IHttpAnswer answer)
                {
                    if (request.Method == "POST")
                    {
                        cancel.Cancel();
                        return;
                    }
                    answer.Respond(404, null, ScriptedTransport.Bytes(
                        "{\"statusCode\":404,\"code\":\"RESOURCE_NOT_FOUND\",\"message\":\"no such session\"}"));
                });
                // The start that is on its way is given this long to answer.
                ClientOptions options = Support.Options(transport);
                options.Attempt = TimeSpan.FromMilliseconds(200);
                using (MatchportClient client = new MatchportClient(options))
                {
                    Task<Allocation> task = client.AllocateAsync(Matches.Demo(), null, cancel.Token);
                    MatchportCanceledException fault = Support.Fails<MatchportCanceledException>(() => task);
                    Assert.That(task.IsCanceled);
                    Assert.That(fault.CancellationToken, Is.EqualTo(cancel.Token));
                    Assert.That(fault.Error.Status, Is.EqualTo(MatchportStatus.Cancelled));
                    Assert.That(fault.Error.Ticket, Is.Null, "nothing is left");
                    Assert.That(transport.Count("DELETE"), Is.GreaterThan(0));
                    Assert.That(transport.Aborted, Is.Not.Empty);
                    Assert.That(client.OperationCount, Is.EqualTo(0));
                }
            }
        }

        [Test]
        public void what_is_cancelled_beforehand_is_not_begun()
        {
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Task<bool> task = client.StopAsync("s", new CancellationToken(true));
                Assert.That(task.IsCanceled);
                Assert.That(transport.Sent, Is.Empty);
            }
        }

        [Test]
        public void a_refusal_is_an_error_with_all_its_fields()
        {
            ScriptedTransport transport = new ScriptedTransport((request, answer) => answer.Respond(422, null,
                ScriptedTransport.Bytes("{\"statusCode\":422,\"code\":\"INVALID_REQUEST\",\"message\":\"no\","
                    + "\"identifier\":\"trace-1\",\"violations\":[{\"field\":\"image\",\"description\":\"is odd\"}]}")));
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                MatchportException fault = Support.Fails<MatchportException>(() => client.JoinAsync("s", Matches.Players("a")));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.InvalidRequest));
                Assert.That(fault.Error.HttpStatus, Is.EqualTo(422));
                Assert.That(fault.Error.Identifier, Is.EqualTo("trace-1"));
                Assert.That(fault.Error.Violations.Single().Field, Is.EqualTo("image"));
                Assert.That(fault.Error.Violations.Single().Description, Is.EqualTo("is odd"));
                Assert.That(fault.Error.Outcome, Is.EqualTo(RequestOutcome.Refused));
                Assert.That(fault.Error.IsRetryable, Is.False);
                Assert.That(fault.ToString(), Is.StringContaining("trace-1").And.Not.StringContaining(Support.Token));
            }
        }

        [Test]
        public void log_lines_come_whole_and_in_order()
        {
            using (MatchportClient client = new MatchportClient(Support.Options(Streaming("one\ntw", "o\nthree"))))
            {
                List<string> lines = new List<string>();
                long bytes = Support.Get(client.ReadLogsAsync("s", true, lines.Add));
                Assert.That(lines, Is.EqualTo(new[] { "one", "two", "three" }));
                Assert.That(bytes, Is.EqualTo(13));
            }
        }

        [Test]
        public void an_artifact_is_written_piece_by_piece()
        {
            using (MatchportClient client = new MatchportClient(Support.Options(Streaming("abc", "defg"))))
            using (MemoryStream destination = new MemoryStream())
            {
                Heard<long> progress = new Heard<long>();
                long bytes = Support.Get(client.DownloadArtifactAsync("s", "/result", destination, progress));
                Assert.That(Encoding.UTF8.GetString(destination.ToArray()), Is.EqualTo("abcdefg"));
                Assert.That(bytes, Is.EqualTo(7));
                Assert.That(progress.All.Last(), Is.EqualTo(7));
            }
        }

        [Test]
        public void a_line_that_is_not_taken_fails_the_stream_with_the_callers_exception()
        {
            using (MatchportClient client = new MatchportClient(Support.Options(Streaming("one\n", "two\n"))))
            {
                Action<string> line = delegate { throw new IOException("the disk is full"); };
                Exception fault = Support.Fails<Exception>(() => client.ReadLogsAsync("s", true, line));
                bool isSaid = fault is IOException || fault.InnerException is IOException;
                Assert.That(isSaid, fault.ToString());
            }
        }

        [Test]
        public void sessions_are_followed_when_asked_for()
        {
            ClientOptions options = Support.Options(new ScriptedTransport());
            options.TrackedSessions = 10;
            using (MatchportClient client = new MatchportClient(options))
            {
                Assert.That(client.Snapshots(), Is.Empty);
                Allocation allocation = Support.Get(client.AllocateAsync(Matches.Demo()));
                SessionSnapshot snapshot = client.Snapshot(allocation.Id);
                Assert.That(snapshot.State, Is.EqualTo(SessionState.Running));
                Assert.That(snapshot.EndReason, Is.EqualTo(EndReason.None));
                Assert.That(snapshot.Host, Is.EqualTo("10.0.0.1"));
                Assert.That(snapshot.TtlDeadline, Is.Not.Null);
                Assert.That(client.Snapshots().Single().Id, Is.EqualTo(allocation.Id));
                Assert.That(client.Snapshot("another"), Is.Null);
            }
        }

        [Test]
        public void a_saved_ticket_goes_on_in_another_client()
        {
            string ticket = null;
            ScriptedTransport silent = new ScriptedTransport(delegate { });
            AllocateRequest request = Matches.Demo();
            using (MatchportClient client = new MatchportClient(Support.Options(silent)))
            {
                using (ManualResetEventSlim kept = new ManualResetEventSlim())
                {
                    request.KeepTicket = delegate(string json)
                    {
                        ticket = json;
                        kept.Set();
                    };
                    Task<Allocation> task = client.AllocateAsync(request);
                    Assert.That(kept.Wait(Support.Patience));
                    client.Dispose();
                    MatchportException fault = Support.Fails<MatchportException>(() => task);
                    Assert.That(fault.Status, Is.EqualTo(MatchportStatus.ShutDown));
                    Assert.That(fault.Error.Outcome, Is.EqualTo(RequestOutcome.Unknown));
                }
            }
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Allocation allocation = Support.Get(client.ResumeAsync(new ResumeRequest(ticket)));
                Assert.That(ticket, Is.StringContaining(allocation.Id));
                MatchportException fault =
                    Support.Fails<MatchportException>(() => client.ResumeAsync(new ResumeRequest("no ticket")));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.InvalidArgument));
            }
        }

        [Test]
        public void settling_a_ticket_leaves_no_server()
        {
            string ticket = null;
            AllocateRequest request = Matches.Demo();
            request.KeepTicket = json => ticket = json;
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Support.Get(client.AllocateAsync(request));
                ResumeRequest settle = new ResumeRequest(ticket) { Settle = true };
                MatchportException fault = Support.Fails<MatchportException>(() => client.ResumeAsync(settle));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.Cancelled));
                Assert.That(fault.Error.Ticket, Is.Null, "nothing is left");
                Assert.That(transport.Count("DELETE"), Is.GreaterThan(0));
            }
        }

        private static ScriptedTransport Streaming(params string[] pieces)
        {
            return new ScriptedTransport(delegate(HttpTransportRequest request, IHttpAnswer answer)
            {
                Assert.That(request.Streams);
                answer.Begin(200, null);
                foreach (string piece in pieces)
                {
                    byte[] bytes = ScriptedTransport.Bytes("##" + piece + "#");
                    answer.Data(bytes, 2, bytes.Length - 3);
                }
                answer.End();
            });
        }
    }
}
