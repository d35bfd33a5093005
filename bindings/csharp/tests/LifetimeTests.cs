// Threads, pumping, ends and bad input: what goes wrong in programs rather than on the wire.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Matchport.Tests
{
    [TestFixture]
    public sealed class LifetimeTests
    {
        [Test]
        public void a_pumped_client_stays_on_the_thread_that_pumps()
        {
            ScriptedTransport transport = new ScriptedTransport();
            using (MatchportClient client = new MatchportClient(Support.Options(transport, PumpMode.Manual)))
            {
                int here = Thread.CurrentThread.ManagedThreadId;
                List<int> threads = new List<int>();
                AllocateRequest request = Matches.Demo();
                request.KeepTicket = delegate { threads.Add(Thread.CurrentThread.ManagedThreadId); };
                Heard<AllocationProgress> progress =
                    new Heard<AllocationProgress>(step => threads.Add(Thread.CurrentThread.ManagedThreadId));
                Task<Allocation> task = client.AllocateAsync(request, progress);
                Task after = task.ContinueWith(
                    ended => threads.Add(Thread.CurrentThread.ManagedThreadId), TaskContinuationOptions.ExecuteSynchronously);
                Assert.That(transport.Sent, Is.Empty, "nothing happens before the first pump");
                Support.PumpUntil(client, () => after.IsCompleted);
                Assert.That(threads.Distinct().ToArray(), Is.EqualTo(new[] { here }));
                Assert.That(threads.Count, Is.GreaterThan(2));
            }
        }

        [Test]
        public void pumping_within_a_callback_does_nothing()
        {
            using (MatchportClient client = new MatchportClient(Support.Options(new ScriptedTransport(), PumpMode.Manual)))
            {
                int depth = 0;
                int deepest = 0;
                Heard<AllocationProgress> progress = new Heard<AllocationProgress>(delegate
                {
                    depth++;
                    deepest = Math.Max(deepest, depth);
                    client.Pump();
                    depth--;
                });
                Task<Allocation> task = client.AllocateAsync(Matches.Demo(), progress);
                Support.PumpUntil(client, () => task.IsCompleted);
                Assert.That(task.Result.Host, Is.EqualTo("10.0.0.1"));
                Assert.That(deepest, Is.EqualTo(1));
            }
        }

        [Test]
        public void a_client_may_be_disposed_from_its_own_callback()
        {
            foreach (PumpMode mode in new[] { PumpMode.Manual, PumpMode.Thread })
            {
                MatchportClient client = new MatchportClient(Support.Options(new ScriptedTransport(), mode));
                Heard<AllocationProgress> progress = new Heard<AllocationProgress>(step => client.Dispose());
                Task<Allocation> task = client.AllocateAsync(Matches.Demo(), progress);
                if (mode == PumpMode.Manual)
                {
                    Support.PumpUntil(client, () => task.IsCompleted);
                }
                MatchportException fault = Support.Fails<MatchportException>(() => task);
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.ShutDown));
                Assert.That(fault.Error.Ticket, Is.Not.Null, "what may be left can be settled");
                client.Dispose();
                client.Pump();
                Assert.Throws<ObjectDisposedException>(() => client.Snapshots());
                Support.Fails<ObjectDisposedException>(() => client.StopAsync("s"));
            }
        }

        [Test]
        public void a_shutdown_ends_everything_within_its_time()
        {
            ScriptedTransport silent = new ScriptedTransport(delegate { });
            using (MatchportClient client = new MatchportClient(Support.Options(silent)))
            {
                Task<Allocation> allocation = client.AllocateAsync(Matches.Demo());
                Task<Session> description = client.DescribeAsync("s");
                Support.Get(client.ShutdownAsync(TimeSpan.FromMilliseconds(50)));
                MatchportException fault = Support.Fails<MatchportException>(() => description);
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.ShutDown));
                Support.Fails<MatchportException>(() => allocation);
                fault = Support.Fails<MatchportException>(() => client.StopAsync("s"));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.ClosedClient));
                Support.Get(client.ShutdownAsync(TimeSpan.Zero));
            }
        }

        [Test]
        public void a_fault_inside_fails_everything_of_that_client_and_of_no_other()
        {
            using (MatchportClient healthy = new MatchportClient(Support.Options(new ScriptedTransport())))
            using (MatchportClient client = new MatchportClient(Support.Options(new ScriptedTransport(delegate { }), PumpMode.Manual)))
            {
                Task<Session> waiting = client.DescribeAsync("s");
                MatchportException fault = Assert.Throws<MatchportException>(() => client.TestFault());
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.Poisoned));
                Assert.Throws<MatchportException>(() => client.Pump());
                Assert.That(Support.Fails<MatchportException>(() => waiting).Status, Is.EqualTo(MatchportStatus.Poisoned));
                fault = Support.Fails<MatchportException>(() => client.StopAsync("s"));
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.Poisoned));
                Assert.That(Support.Get(healthy.AllocateAsync(Matches.Demo())).Host, Is.EqualTo("10.0.0.1"));
            }
        }

        [Test]
        public void many_threads_may_share_a_client()
        {
            ScriptedTransport transport = new ScriptedTransport((request, answer) =>
                Task.Run(() => ScriptedTransport.Service(request, answer)));
            using (MatchportClient client = new MatchportClient(Support.Options(transport)))
            {
                Task<Allocation[]>[] callers = Enumerable.Range(0, 8).Select(number => Task.Run(() =>
                    Task.WhenAll(Enumerable.Range(0, 50).Select(match => client.AllocateAsync(Matches.Demo()))))).ToArray();
                IEnumerable<string> ids = callers.SelectMany(caller => Support.Get(caller)).Select(session => session.Id);
                Assert.That(ids.Distinct().Count(), Is.EqualTo(400));
                Assert.That(client.OperationCount, Is.EqualTo(0));
            }
        }

        [Test]
        public void clients_come_and_go()
        {
            for (int round = 0; round < 1500; round++)
            {
                // More than there can be at once.
                using (MatchportClient client = new MatchportClient(Support.Options(new ScriptedTransport(), PumpMode.Manual)))
                {
                    Task<bool> task = client.StopAsync("s");
                    Support.PumpUntil(client, () => task.IsCompleted);
                    Assert.That(task.Result);
                }
            }
        }

        [Test]
        public void answers_after_the_end_are_ignored_and_nonsense_is_refused()
        {
            IHttpAnswer kept = null;
            ScriptedTransport transport = new ScriptedTransport((request, answer) => kept = answer);
            using (MatchportClient client = new MatchportClient(Support.Options(transport, PumpMode.Manual)))
            {
                Task<bool> task = client.StopAsync("s");
                Support.PumpUntil(client, () => kept != null);
                Assert.That(Assert.Throws<MatchportException>(() => kept.Respond(7, null, null)).Status,
                    Is.EqualTo(MatchportStatus.InvalidArgument));
                Assert.That(Assert.Throws<MatchportException>(() => kept.Begin(200, null)).Status,
                    Is.EqualTo(MatchportStatus.WrongResponseMode));
                Assert.Throws<ArgumentOutOfRangeException>(() => kept.Data(new byte[2], 1, 2));
                kept.Respond(204, null, null);
                kept.Respond(204, null, null);
                kept.Fail(HttpFailure.Broken, "late");
                Support.PumpUntil(client, () => task.IsCompleted);
                Assert.That(task.Result);
            }
            kept.Respond(204, null, null);
        }

        [Test]
        public void bad_input_is_refused_with_its_field()
        {
            Assert.Throws<ArgumentNullException>(() => new MatchportClient(null));
            MatchportException fault = Assert.Throws<MatchportException>(
                () => new MatchportClient(new ClientOptions("http://example.com", Support.Token)));
            Assert.That(fault.ToString(), Is.Not.StringContaining(Support.Token));
            Assert.That(fault.Error.Message, Is.Not.Empty);
            Assert.Throws<MatchportException>(() => new MatchportClient(new ClientOptions("local", "to\r\nken")));
            Assert.Throws<MatchportException>(() => new MatchportClient(new ClientOptions(null, null)));
            Assert.That(new ClientOptions("local", Support.Token).ToString(), Is.Not.StringContaining(Support.Token));
            using (MatchportClient client = new MatchportClient(Support.Options(new ScriptedTransport())))
            {
                Assert.Throws<ArgumentNullException>(() => client.StopAsync(null));
                Assert.Throws<ArgumentNullException>(() => client.AllocateAsync(null));
                Assert.Throws<ArgumentNullException>(() => client.JoinAsync("s", null));
                Support.Fails<ArgumentException>(() => client.StopAsync("half \ud800 a pair"));
                Support.Fails<ArgumentNullException>(() => client.JoinAsync("s", Matches.Players("a", null)));
                AllocateRequest request = Matches.Demo();
                request.Deadline = TimeSpan.FromSeconds(-1);
                ArgumentOutOfRangeException range =
                    Support.Fails<ArgumentOutOfRangeException>(() => client.AllocateAsync(request));
                Assert.That(range.ParamName, Is.EqualTo("Deadline"));
                request = Matches.Demo();
                request.Players.Add(new Player("a"));
                request.Players.Add(new Player("a"));
                MatchportException twice = Support.Fails<MatchportException>(() => client.AllocateAsync(request));
                Assert.That(twice.ToString(), Is.StringContaining("players"));
                Support.Fails<MatchportException>(() => client.StopAsync(""));
                PingRequest ping = new PingRequest(new[] { new Location("eu-west-1", new[] { "127.0.0.1" }) });
                MatchportException other = Support.Fails<MatchportException>(() => client.PingAsync(ping));
                Assert.That(other.Status, Is.EqualTo(MatchportStatus.WrongTransport));
                Assert.That(client.OperationCount, Is.EqualTo(0));
            }
        }
    }
}
