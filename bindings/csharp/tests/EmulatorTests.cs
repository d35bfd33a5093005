// A whole match against a running emulator, with real game server processes: once with the transport that is built into the
// library, once with HttpWebRequest.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Matchport.Tests
{
    public abstract class EmulatorTests
    {
        protected abstract ClientOptions Options(string url);

        [Test]
        public void a_match_from_its_players_to_the_end_of_its_server()
        {
            using (MatchportClient client = new MatchportClient(Options(Url())))
            {
                IList<Location> locations = Support.Get(client.LocationsAsync("demo"));
                Assert.That(locations.Count, Is.GreaterThan(1));
                Assert.That(locations[0].Addresses, Is.Not.Empty);
                string near = locations[1].Id;
                Assert.That(Support.Get(client.TagExistsAsync(near, "demo", "latest")));
                Assert.That(Support.Get(client.TagExistsAsync(near, "demo", "no-such-tag")), Is.False);

                AllocateRequest request = new AllocateRequest("demo");
                request.Players.Add(new Player("ann", new Latency(locations[0].Id, 90), new Latency(near, 15)));
                request.Players.Add(new Player("bob", new Latency(locations[0].Id, 80), new Latency(near, 25)));
                request.Labels["mode"] = "ranked";
                request.MatchId = Guid.NewGuid().ToString();
                Allocation allocation = Support.Get(client.AllocateAsync(request));
                Assert.That(allocation.Location, Is.EqualTo(near));
                Assert.That(Support.Get(client.AllocateAsync(request)).Id, Is.EqualTo(allocation.Id), "the same match");
                AssertAnswers(allocation.Endpoint);

                PlayerCount joined = Support.Get(client.JoinAsync(allocation.Id, Matches.Players("ann", "bob")));
                Assert.That(joined.Count, Is.EqualTo(2));
                Assert.That(Support.Get(client.LeaveAsync(Matches.Players("bob"))).Count, Is.EqualTo(1));
                BackfillRequest backfill = new BackfillRequest("demo", 2, "cid");
                backfill.Having["location"] = near;
                Assert.That(Support.Get(client.BackfillAsync(backfill)).PlayerCount, Is.GreaterThan(0));

                Session session = Support.Get(client.DescribeAsync(allocation.Id));
                Assert.That(session.Status, Is.EqualTo(SessionStatus.Running));
                Assert.That(session.Players, Has.Member("ann"));
                Assert.That(session.Labels["tags"], Is.StringContaining("ranked"));
                Assert.That(session.Created, Is.GreaterThan(DateTimeOffset.UtcNow.AddMinutes(-5)));
                ListRequest mine = new ListRequest { Location = near, PlayersAbove = 0 };
                IList<Session> listed = Support.Get(client.ListAsync(mine));
                Assert.That(listed.Select(entry => entry.Id), Has.Member(allocation.Id));

                List<string> lines = new List<string>();
                Support.Get(client.ReadLogsAsync(allocation.Id, false, lines.Add));
                Assert.That(lines, Is.Not.Empty);
                // False when the answer was lost on the way and the stop asked again, which happens with Mono's own HTTP.
                Support.Get(client.StopAsync(allocation.Id));
                Session stopped = Support.Get(client.DescribeAsync(allocation.Id));
                Assert.That(stopped.Status, Is.Not.EqualTo(SessionStatus.Running));
                MatchportException fault = Support.Fails<MatchportException>(() => client.DescribeAsync("no-such-session"));
                Assert.That(fault.Error.HttpStatus, Is.EqualTo(404));
            }
        }

        [Test]
        public void a_followed_log_can_be_cancelled()
        {
            using (MatchportClient client = new MatchportClient(Options(Url())))
            using (CancellationTokenSource cancel = new CancellationTokenSource())
            {
                Allocation allocation = Support.Get(client.AllocateAsync(new AllocateRequest("demo")));
                Task<long> task = client.ReadLogsAsync(allocation.Id, true, line => cancel.Cancel(), cancel.Token);
                Support.Fails<MatchportCanceledException>(() => task);
                Support.Get(client.StopAsync(allocation.Id));
            }
        }

        [Test]
        public void matches_at_once_get_a_server_each()
        {
            using (MatchportClient client = new MatchportClient(Options(Url())))
            {
                Task<Allocation>[] tasks =
                    Enumerable.Range(0, 12).Select(i => client.AllocateAsync(new AllocateRequest("demo"))).ToArray();
                Allocation[] allocations = Support.Get(Task.WhenAll(tasks));
                Assert.That(allocations.Select(session => session.Endpoint).Distinct().Count(), Is.EqualTo(12));
                Support.Get(Task.WhenAll(allocations.Select(session => client.StopAsync(session.Id))));
            }
        }

        [Test]
        public void a_service_that_is_not_there_was_sent_nothing()
        {
            TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            ClientOptions options = Options("http://127.0.0.1:" + port);
            options.Operation = TimeSpan.FromSeconds(1);
            // No second attempt, which the deadline could cut short.
            options.BackoffFirst = TimeSpan.FromMinutes(30);
            options.BackoffLongest = TimeSpan.FromMinutes(30);
            using (MatchportClient client = new MatchportClient(options))
            {
                MatchportException fault = Support.Fails<MatchportException>(() => client.StopAsync("s"));
                Assert.That(fault.Error.Outcome, Is.EqualTo(RequestOutcome.NotSent), fault.ToString());
            }
        }

        [Test]
        public void a_wrong_token_is_said_so_and_not_shown()
        {
            ClientOptions options = Options(Url());
            options.Token = Support.Token;
            using (MatchportClient client = new MatchportClient(options))
            {
                MatchportException fault = Support.Fails<MatchportException>(() => client.ListAsync());
                Assert.That(fault.Status, Is.EqualTo(MatchportStatus.Unauthorized));
                Assert.That(fault.ToString(), Is.Not.StringContaining(Support.Token));
            }
        }

        private static string Url()
        {
            return Support.Variable("MATCHPORT_TEST_URL");
        }

        // The demo server answers over UDP.
        private static void AssertAnswers(string endpoint)
        {
            string[] parts = endpoint.Split(':');
            using (UdpClient udp = new UdpClient())
            {
                udp.Client.ReceiveTimeout = (int)Support.Patience.TotalMilliseconds;
                udp.Connect(IPAddress.Parse(parts[0]), int.Parse(parts[1]));
                byte[] hello = ScriptedTransport.Bytes("hello ann");
                udp.Send(hello, hello.Length);
                IPEndPoint from = null;
                Assert.That(udp.Receive(ref from), Is.Not.Empty);
            }
        }
    }

    [TestFixture]
    public sealed class BuiltInTransportTests : EmulatorTests
    {
        protected override ClientOptions Options(string url)
        {
            return new ClientOptions(url, "local");
        }

        [Test]
        public void this_build_has_it()
        {
            Assert.That(MatchportClient.HasBuiltInTransport);
        }

        [Test]
        public void it_can_be_pumped_by_a_frame_loop()
        {
            ClientOptions options = Options(Support.Variable("MATCHPORT_TEST_URL"));
            options.PumpMode = PumpMode.Manual;
            using (MatchportClient client = new MatchportClient(options))
            {
                Task<IList<Location>> task = client.LocationsAsync("demo");
                Support.PumpUntil(client, () => task.IsCompleted);
                Assert.That(task.Result, Is.Not.Empty);
            }
        }

        [Test]
        public void locations_can_be_pinged()
        {
            using (MatchportClient client = new MatchportClient(Options(Support.Variable("MATCHPORT_TEST_URL"))))
            {
                PingRequest request = new PingRequest(Support.Get(client.LocationsAsync("demo")))
                {
                    Samples = 3,
                    Interval = TimeSpan.FromMilliseconds(1),
                };
                IList<Ping> pings = Support.Get(client.PingAsync(request));
                Assert.That(pings.Select(ping => ping.Location), Is.EqualTo(request.Locations.Select(place => place.Id)));
                foreach (Ping ping in pings)
                {
                    // Where the system forbids ICMP and nothing takes connections, it says so.
                    bool isMeasured = ping.Samples.Count > 0 && ping.MedianMilliseconds >= 0;
                    Assert.That(isMeasured || ping.Message != null, ping.Location);
                }
                request.Samples = 0;
                Support.Fails<MatchportException>(() => client.PingAsync(request));
            }
        }

        [Test]
        public void an_idle_client_is_freed_while_its_thread_waits()
        {
            string url = Support.Variable("MATCHPORT_TEST_URL");
            for (int round = 0; round < 200; round++)
            {
                MatchportClient client = new MatchportClient(Options(url));
                if (round % 2 == 0)
                {
                    Support.Get(client.LocationsAsync("demo"));
                }
                client.Dispose();
                Assert.That(client.HasPumpEnded(TimeSpan.FromSeconds(20)), "it waits for nothing");
            }
        }
    }

    [TestFixture]
    public sealed class HttpWebRequestTransportTests : EmulatorTests
    {
        protected override ClientOptions Options(string url)
        {
            return new ClientOptions(url, "local")
            {
                Transport = new HttpWebRequestTransport(),
                Entropy = Support.Random,
            };
        }
    }
}
