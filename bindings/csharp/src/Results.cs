// What comes back: plain objects, copied out of the library. Lists and texts of lists are never null.

using System;
using System.Collections.Generic;

namespace Matchport
{
    /// <summary>One port of a session.</summary>
    public sealed class SessionPort
    {
        /// <summary>"udp", "tcp", or whatever the service calls it.</summary>
        public string Protocol { get; internal set; }

        /// <summary>The port inside the container.</summary>
        public int Container { get; internal set; }

        /// <summary>The port on the host that players use.</summary>
        public int Host { get; internal set; }
    }

    /// <summary>A session for a match, ready to be handed to its players.</summary>
    public sealed class Allocation
    {
        /// <summary>The session's id.</summary>
        public string Id { get; internal set; }

        /// <summary>Where it runs.</summary>
        public string Location { get; internal set; }

        /// <summary>Address of its host.</summary>
        public string Host { get; internal set; }

        /// <summary>
        /// "host:port" when there is no doubt about the port: the only one, or the only UDP port. Else null; choose
        /// from the ports.
        /// </summary>
        public string Endpoint { get; internal set; }

        /// <summary>Its ports, by container port.</summary>
        public IList<SessionPort> Ports { get; internal set; }

        /// <summary>How it came about.</summary>
        public AllocationReport Report { get; internal set; }
    }

    /// <summary>The explanation of an allocation.</summary>
    public sealed class AllocationReport
    {
        /// <summary>The session's id, whether or not it was started.</summary>
        public string Session { get; internal set; }

        /// <summary>Every location that was considered, in the order of placement, then those left out.</summary>
        public IList<LocationReport> Locations { get; internal set; }

        /// <summary>Every request, in order; the first 200.</summary>
        public IList<AttemptReport> Attempts { get; internal set; }

        /// <summary>How many more there were.</summary>
        public long AttemptsOmitted { get; internal set; }

        /// <summary>The session had been started by somebody else, or by an attempt whose answer was lost.</summary>
        public bool Adopted { get; internal set; }

        /// <summary>From the call to the end.</summary>
        public TimeSpan Took { get; internal set; }
    }

    /// <summary>A location that an allocation considered.</summary>
    public sealed class LocationReport
    {
        /// <summary>Its name.</summary>
        public string Location { get; internal set; }

        /// <summary>Why it was left out; null when it was not.</summary>
        public string LeftOut { get; internal set; }

        /// <summary>Its cost by the placement's formula, in milliseconds; NaN when it was left out.</summary>
        public float CostMilliseconds { get; internal set; }

        /// <summary>The worst player's latency, in milliseconds; NaN when it was left out.</summary>
        public float WorstMilliseconds { get; internal set; }

        /// <summary>The players' mean latency, in milliseconds; NaN when it was left out.</summary>
        public float MeanMilliseconds { get; internal set; }
    }

    /// <summary>One request of an allocation.</summary>
    public sealed class AttemptReport
    {
        /// <summary>The location it was about; may be null.</summary>
        public string Location { get; internal set; }

        /// <summary>The service's trace id; may be null.</summary>
        public string Identifier { get; internal set; }

        /// <summary>The session's status, when it was described; else null.</summary>
        public string SessionStatus { get; internal set; }

        /// <summary>When it was sent, from the call.</summary>
        public TimeSpan At { get; internal set; }

        /// <summary>How long it took.</summary>
        public TimeSpan Took { get; internal set; }

        /// <summary>What was asked.</summary>
        public RequestAction Action { get; internal set; }

        /// <summary>Whether it took effect.</summary>
        public RequestOutcome Outcome { get; internal set; }

        /// <summary>Ok, or what went wrong.</summary>
        public MatchportStatus Status { get; internal set; }

        /// <summary>The HTTP status; 0 when no answer came.</summary>
        public int HttpStatus { get; internal set; }
    }

    /// <summary>Something for a progress line.</summary>
    public sealed class AllocationProgress
    {
        /// <summary>What the allocation is doing.</summary>
        public AllocationStep Step { get; internal set; }

        /// <summary>Where, for Starting and LocationRefused; else null.</summary>
        public string Location { get; internal set; }

        /// <summary>The failure in words, for Pausing; else null.</summary>
        public string Reason { get; internal set; }

        /// <summary>The session's status as the service spells it, for WaitingUntilRunning; may be null.</summary>
        public string SessionStatus { get; internal set; }

        /// <summary>How long, for Pausing and WaitingForCapacity; null when that is not known.</summary>
        public TimeSpan? For { get; internal set; }

        /// <summary>Why, for LocationRefused and Pausing; else Ok.</summary>
        public MatchportStatus Status { get; internal set; }

        /// <summary>The how manieth start of this allocation, from 1, for Starting; else 0.</summary>
        public int Attempt { get; internal set; }
    }

    /// <summary>The session that took the players of a backfill.</summary>
    public sealed class Backfilled
    {
        /// <summary>The session's id.</summary>
        public string Id { get; internal set; }

        /// <summary>Where it runs.</summary>
        public string Location { get; internal set; }

        /// <summary>Address of its host.</summary>
        public string Host { get; internal set; }

        /// <summary>"host:port" when there is no doubt about the port; else null.</summary>
        public string Endpoint { get; internal set; }

        /// <summary>Its ports, by container port.</summary>
        public IList<SessionPort> Ports { get; internal set; }

        /// <summary>How many players it now has.</summary>
        public int PlayerCount { get; internal set; }

        /// <summary>Sessions that were tried before and turned out to be full or gone.</summary>
        public int PassedOver { get; internal set; }
    }

    /// <summary>A session as the service lists or describes it.</summary>
    public sealed class Session
    {
        /// <summary>The session's id.</summary>
        public string Id { get; internal set; }

        /// <summary>The application's name.</summary>
        public string Image { get; internal set; }

        /// <summary>Where it runs.</summary>
        public string Location { get; internal set; }

        /// <summary>Address of the host.</summary>
        public string Host { get; internal set; }

        /// <summary>Image tag; may be null.</summary>
        public string Tag { get; internal set; }

        /// <summary>The status.</summary>
        public SessionStatus Status { get; internal set; }

        /// <summary>The status as the service spells it; may be null.</summary>
        public string StatusName { get; internal set; }

        /// <summary>When it was created.</summary>
        public DateTimeOffset Created { get; internal set; }

        /// <summary>Its ports, by container port.</summary>
        public IList<SessionPort> Ports { get; internal set; }

        /// <summary>The names of its players; null in a list, which only counts them.</summary>
        public IList<string> Players { get; internal set; }

        /// <summary>How many players it has by the service's count; null when it does not say.</summary>
        public long? PlayerCount { get; internal set; }

        /// <summary>
        /// Labels as the service packs them: "tags" holds the caller's as a JSON text, "env" the environment, "gameye"
        /// the service's facts.
        /// </summary>
        public IDictionary<string, string> Labels { get; internal set; }
    }

    /// <summary>The answer to join and leave.</summary>
    public sealed class PlayerCount
    {
        /// <summary>Players in the session after the call.</summary>
        public int Count { get; internal set; }

        /// <summary>Players that the service names in its answer.</summary>
        public IList<string> Players { get; internal set; }
    }

    /// <summary>A location that offers an image.</summary>
    public sealed class Location
    {
        /// <summary>A location with addresses to ping.</summary>
        public Location(string id, IList<string> addresses)
        {
            Id = id;
            Addresses = addresses;
        }

        /// <summary>Its name.</summary>
        public string Id { get; private set; }

        /// <summary>Addresses that answer ICMP echo. Not to be kept: they may change.</summary>
        public IList<string> Addresses { get; private set; }
    }

    /// <summary>What was measured for one location.</summary>
    public sealed class Ping
    {
        /// <summary>The location.</summary>
        public string Location { get; internal set; }

        /// <summary>Samples of its fastest address, in milliseconds; empty when nothing answered.</summary>
        public IList<float> Samples { get; internal set; }

        /// <summary>The median of the samples, in milliseconds; NaN when there are none.</summary>
        public float MedianMilliseconds { get; internal set; }

        /// <summary>How it was measured.</summary>
        public PingMethod Method { get; internal set; }

        /// <summary>Why nothing answered, or why not ICMP; null when there is nothing to say.</summary>
        public string Message { get; internal set; }
    }

    /// <summary>
    /// What is known of a session that is followed. Times are milliseconds on the client's clock; null is not known.
    /// </summary>
    public sealed class SessionSnapshot
    {
        /// <summary>Its id.</summary>
        public string Id { get; internal set; }

        /// <summary>The application's name.</summary>
        public string Image { get; internal set; }

        /// <summary>Where it runs.</summary>
        public string Location { get; internal set; }

        /// <summary>Address of its host.</summary>
        public string Host { get; internal set; }

        /// <summary>The status that the service reported last; may be null.</summary>
        public string LastReported { get; internal set; }

        /// <summary>Its ports, by container port.</summary>
        public IList<SessionPort> Ports { get; internal set; }

        /// <summary>The names of the players that are known.</summary>
        public IList<string> Players { get; internal set; }

        /// <summary>How many players it has by the service's count.</summary>
        public int PlayerCount { get; internal set; }

        /// <summary>Where it stands.</summary>
        public SessionState State { get; internal set; }

        /// <summary>Why it is over.</summary>
        public EndReason EndReason { get; internal set; }

        /// <summary>Since when it stands there.</summary>
        public long? Since { get; internal set; }

        /// <summary>When the service says it was created.</summary>
        public DateTimeOffset? Created { get; internal set; }

        /// <summary>When its start was sent.</summary>
        public long? StartedAt { get; internal set; }

        /// <summary>When its ttl ends it.</summary>
        public long? TtlDeadline { get; internal set; }

        /// <summary>When it was first asked to stop.</summary>
        public long? StopRequestedAt { get; internal set; }
    }
}
