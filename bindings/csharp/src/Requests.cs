// What the caller asks for. Null, and an empty list, mean "not given"; times are checked by the library, which names the
// field that is out of its range.

using System;
using System.Collections.Generic;

namespace Matchport
{
    /// <summary>One sample of a player's latency to a location.</summary>
    public struct Latency
    {
        /// <summary>A sample.</summary>
        /// <param name="location">The location's name.</param>
        /// <param name="milliseconds">What was measured, 0 to 60,000.</param>
        public Latency(string location, float milliseconds) : this()
        {
            Location = location;
            Milliseconds = milliseconds;
        }

        /// <summary>The location's name.</summary>
        public string Location { get; private set; }

        /// <summary>What was measured, 0 to 60,000 ms.</summary>
        public float Milliseconds { get; private set; }
    }

    /// <summary>A player of a match.</summary>
    public sealed class Player
    {
        /// <summary>A player with the samples that its client measured.</summary>
        /// <param name="id">The player's id, 1 to 255 bytes of UTF-8; no two in a match have the same.</param>
        /// <param name="latencies">Several samples for the same location are fine.</param>
        public Player(string id, params Latency[] latencies)
        {
            Id = id;
            Latencies = new List<Latency>(latencies ?? new Latency[0]);
        }

        /// <summary>The player's id.</summary>
        public string Id { get; private set; }

        /// <summary>What the player measured.</summary>
        public IList<Latency> Latencies { get; private set; }
    }

    /// <summary>A match that needs a server.</summary>
    public sealed class AllocateRequest
    {
        /// <summary>A match for this application.</summary>
        public AllocateRequest(string image)
        {
            Image = image;
            Locations = new List<string>();
            Players = new List<Player>();
            Env = new Dictionary<string, string>();
            Labels = new Dictionary<string, string>();
            Args = new List<string>();
        }

        /// <summary>The application's name.</summary>
        public string Image { get; set; }

        /// <summary>
        /// Locations to choose from, best first where latencies don't decide. None asks the service for all that offer
        /// the image.
        /// </summary>
        public IList<string> Locations { get; private set; }

        /// <summary>The players with their latencies. None: the order of the locations decides.</summary>
        public IList<Player> Players { get; private set; }

        /// <summary>
        /// Latencies as numbers in place of those of the players: <c>[player * Locations.Count + location]</c>, in
        /// milliseconds; NaN is "no sample".
        /// </summary>
        public float[] LatencyMatrix { get; set; }

        /// <summary>
        /// The match's id in the matchmaker: every matchmaker that allocates for it gets the same session. Unique
        /// within the account.
        /// </summary>
        public string MatchId { get; set; }

        /// <summary>The session's id, instead of one derived from the match id or a random one.</summary>
        public string SessionId { get; set; }

        /// <summary>Environment of the game server; no value may be empty.</summary>
        public IDictionary<string, string> Env { get; private set; }

        /// <summary>Metadata, fixed for the session's life.</summary>
        public IDictionary<string, string> Labels { get; private set; }

        /// <summary>Command line arguments of the game server; none may be empty.</summary>
        public IList<string> Args { get; private set; }

        /// <summary>Image tag; null, and the service takes the one of highest priority.</summary>
        public string Version { get; set; }

        /// <summary>The caller's own reference.</summary>
        public string ExternalId { get; set; }

        /// <summary>After this time the service ends the session, 1 second to 30 days; an hour by default.</summary>
        public TimeSpan? Ttl { get; set; }

        /// <summary>No ttl: a session that is forgotten lives (and costs) for ever.</summary>
        public bool UnlimitedTtl { get; set; }

        /// <summary>How long the match has been waiting already; a relaxing latency cap starts from here.</summary>
        public TimeSpan? Waited { get; set; }

        /// <summary>
        /// How long to try, up to a day; 90 s by default. Making sure that nothing is left may take <see
        /// cref="ClientOptions.Settle"/> more.
        /// </summary>
        public TimeSpan? Deadline { get; set; }

        /// <summary>When the allocation is done.</summary>
        public WaitFor WaitFor { get; set; }

        /// <summary>What to do when every location is full.</summary>
        public WhenFull WhenFull { get; set; }

        /// <summary>Whether the game server is restarted when it fails.</summary>
        public RestartPolicy Restart { get; set; }

        /// <summary>
        /// Put the environment into the ticket, so that it can be resumed without it. Environments hold secrets.
        /// </summary>
        public bool EnvInTicket { get; set; }

        /// <summary>Which number stands for several samples of one player for one location.</summary>
        public LatencyFigure Figure { get; set; }

        /// <summary>What it means when a player has no sample for a location, but has one for another.</summary>
        public MissingLatency Missing { get; set; }

        /// <summary>For <see cref="MissingLatency.Assume"/>, in milliseconds.</summary>
        public float? MissingMilliseconds { get; set; }

        /// <summary>How much the worst-off player weighs against the mean of all, 0 to 1; 0.5 by default.</summary>
        public float? WorstWeight { get; set; }

        /// <summary>The worst latency that a player may have, in milliseconds; any by default.</summary>
        public float? MaxLatencyMilliseconds { get; set; }

        /// <summary>By how many milliseconds that grows each second that the match waits.</summary>
        public float? MaxLatencyRelaxPerSecond { get; set; }

        /// <summary>Where it stops growing, in milliseconds; never by default.</summary>
        public float? MaxLatencyCeilingMilliseconds { get; set; }

        /// <summary>
        /// Keeps the ticket (JSON) of this allocation before anything is sent, so that it can go on after a crash. Called by
        /// the pump. When it throws, nothing is sent and the allocation fails with
        /// <see cref="MatchportStatus.TicketNotKept"/>.
        /// </summary>
        public Action<string> KeepTicket { get; set; }
    }

    /// <summary>Players who want into a running session.</summary>
    public sealed class BackfillRequest
    {
        /// <summary>Players for a session of this application.</summary>
        /// <param name="image">The application's name.</param>
        /// <param name="capacity">How many players one session takes, 1 to 100,000.</param>
        /// <param name="players">The players, who stay together.</param>
        public BackfillRequest(string image, int capacity, params string[] players)
        {
            Image = image;
            Capacity = capacity;
            Players = new List<string>(players ?? new string[0]);
            Locations = new List<string>();
            Having = new Dictionary<string, string>();
            NotHaving = new Dictionary<string, string>();
        }

        /// <summary>The application's name.</summary>
        public string Image { get; set; }

        /// <summary>How many players one session takes, 1 to 100,000.</summary>
        public int Capacity { get; set; }

        /// <summary>The players, who stay together.</summary>
        public IList<string> Players { get; private set; }

        /// <summary>Locations to choose from, best first; none takes any.</summary>
        public IList<string> Locations { get; private set; }

        /// <summary>Image tag that the session must have; any when null.</summary>
        public string Version { get; set; }

        /// <summary>Labels or fields that the session must have.</summary>
        public IDictionary<string, string> Having { get; private set; }

        /// <summary>Labels or fields that the session must not have.</summary>
        public IDictionary<string, string> NotHaving { get; private set; }

        /// <summary>How long to try; 30 s by default.</summary>
        public TimeSpan? Deadline { get; set; }

        /// <summary>Which of several sessions with enough open slots is best.</summary>
        public BackfillPreference Prefer { get; set; }
    }

    /// <summary>What a list of sessions is narrowed to; what is not given does not narrow.</summary>
    public sealed class ListRequest
    {
        /// <summary>All sessions that are running.</summary>
        public ListRequest()
        {
            Having = new Dictionary<string, string>();
            NotHaving = new Dictionary<string, string>();
        }

        /// <summary>Also sessions that are not running.</summary>
        public bool All { get; set; }

        /// <summary>Exact location.</summary>
        public string Location { get; set; }

        /// <summary>Exact image.</summary>
        public string Image { get; set; }

        /// <summary>Exact image tag.</summary>
        public string Tag { get; set; }

        /// <summary>Exact host address.</summary>
        public string Host { get; set; }

        /// <summary>Fewer players than this.</summary>
        public int? PlayersBelow { get; set; }

        /// <summary>More players than this.</summary>
        public int? PlayersAbove { get; set; }

        /// <summary>Labels or fields that a session must have, all of them. Case-sensitive.</summary>
        public IDictionary<string, string> Having { get; private set; }

        /// <summary>Labels or fields that a session must not have.</summary>
        public IDictionary<string, string> NotHaving { get; private set; }
    }

    /// <summary>What is pinged, and how.</summary>
    public sealed class PingRequest
    {
        /// <summary>Pings these, as <see cref="MatchportClient.LocationsAsync"/> gives them.</summary>
        public PingRequest(IEnumerable<Location> locations)
        {
            Locations = new List<Location>(locations ?? new Location[0]);
        }

        /// <summary>The locations with their addresses.</summary>
        public IList<Location> Locations { get; private set; }

        /// <summary>How often each address is asked, 1 to 100; 5 by default.</summary>
        public int? Samples { get; set; }

        /// <summary>How long one answer may take, up to 60 s; 1 s by default.</summary>
        public TimeSpan? Timeout { get; set; }

        /// <summary>The pause between two questions to one address, up to 60 s; 200 ms by default.</summary>
        public TimeSpan? Interval { get; set; }

        /// <summary>The TCP port that is tried where ICMP is forbidden; 443 by default, 0 for none.</summary>
        public int? TcpPort { get; set; }
    }

    /// <summary>An allocation that was begun elsewhere.</summary>
    public sealed class ResumeRequest
    {
        /// <summary>Goes on from this ticket.</summary>
        public ResumeRequest(string ticket)
        {
            Ticket = ticket;
            Env = new Dictionary<string, string>();
        }

        /// <summary>The ticket, as JSON.</summary>
        public string Ticket { get; set; }

        /// <summary>Settle instead of allocate, which makes sure that no server is left.</summary>
        public bool Settle { get; set; }

        /// <summary>The environment, when the ticket holds only its names.</summary>
        public IDictionary<string, string> Env { get; private set; }

        /// <summary>How long to try; what the ticket had left by default.</summary>
        public TimeSpan? Deadline { get; set; }

        /// <summary>Keeps the ticket of what follows, as in <see cref="AllocateRequest.KeepTicket"/>.</summary>
        public Action<string> KeepTicket { get; set; }
    }
}
