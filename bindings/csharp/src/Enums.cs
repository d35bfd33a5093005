// Choices and states, with the numbers that the C header gives them. A test compares both.

namespace Matchport
{
    /// <summary>What a request of an allocation asked.</summary>
    [NativeName("matchport_action")]
    public enum RequestAction
    {
        /// <summary>GET /available-location/{image}</summary>
        Locate = 1,

        /// <summary>POST /session</summary>
        Start = 2,

        /// <summary>GET /session/{id}</summary>
        Describe = 3,

        /// <summary>DELETE /session/{id}</summary>
        Stop = 4,
    }

    /// <summary>Whether a request took effect, as far as it can be told.</summary>
    [NativeName("matchport_outcome")]
    public enum RequestOutcome
    {
        /// <summary>No byte of it can have reached the service.</summary>
        NotSent = 1,

        /// <summary>The service answered that it did not do it.</summary>
        Refused = 2,

        /// <summary>The service answered that it did it.</summary>
        Accepted = 3,

        /// <summary>
        /// It may or may not have taken effect: reset, timeout, unreadable answer, 5xx, a gateway's page.
        /// </summary>
        Unknown = 4,
    }

    /// <summary>What an allocation is doing. More may come: treat an unknown number like UNKNOWN.</summary>
    [NativeName("matchport_step")]
    public enum AllocationStep
    {
        /// <summary>Something that this version does not know.</summary>
        Unknown = 0,

        /// <summary>Asking which locations offer the image.</summary>
        Locating = 1,

        /// <summary>Starting a session.</summary>
        Starting = 2,

        /// <summary>A location refused, and the next is tried.</summary>
        LocationRefused = 3,

        /// <summary>Every location is full.</summary>
        WaitingForCapacity = 4,

        /// <summary>The outcome of a start is not known: looking for the session.</summary>
        LookingUp = 5,

        /// <summary>Waiting before the next attempt.</summary>
        Pausing = 6,

        /// <summary>The session exists and is not running yet.</summary>
        WaitingUntilRunning = 7,

        /// <summary>Giving up: making sure that no server is left.</summary>
        Settling = 8,
    }

    /// <summary>What the service says of a session. More may come: treat an unknown number like UNKNOWN.</summary>
    [NativeName("matchport_session_status")]
    public enum SessionStatus
    {
        /// <summary>Not reported, or a status that this version does not know; see its name.</summary>
        Unknown = 0,

        /// <summary>Container made, not yet running.</summary>
        Created = 1,

        /// <summary>Running and healthy: players can join.</summary>
        Running = 2,

        /// <summary>Being restarted.</summary>
        Restarting = 3,

        /// <summary>Stopped in good order.</summary>
        Exited = 4,

        /// <summary>Ended unexpectedly.</summary>
        Dead = 5,

        /// <summary>Getting ready to shut down.</summary>
        Draining = 6,

        /// <summary>Shutting down.</summary>
        ShuttingDown = 7,

        /// <summary>The host machine can't be reached.</summary>
        ServerUnreachable = 8,
    }

    /// <summary>Where a session stands.</summary>
    [NativeName("matchport_session_state")]
    public enum SessionState
    {
        /// <summary>The service has made it, and nobody has seen it running yet.</summary>
        Created = 1,

        /// <summary>Running and healthy: the only state in which players can join.</summary>
        Running = 2,

        /// <summary>Being restarted.</summary>
        Restarting = 3,

        /// <summary>Getting ready to shut down.</summary>
        Draining = 4,

        /// <summary>Shutting down: seen so, the stop was accepted, or the ttl has passed.</summary>
        ShuttingDown = 5,

        /// <summary>The host machine can't be reached.</summary>
        Unreachable = 6,

        /// <summary>Over. Nothing follows.</summary>
        Ended = 7,
    }

    /// <summary>Why a session is over.</summary>
    [NativeName("matchport_end_reason")]
    public enum EndReason
    {
        /// <summary>It is not over.</summary>
        None = 0,

        /// <summary>Somebody asked the service to stop it.</summary>
        Stopped = 1,

        /// <summary>Its ttl had passed.</summary>
        TtlExpired = 2,

        /// <summary>The game server ended in good order by itself.</summary>
        Exited = 3,

        /// <summary>The game server ended unexpectedly.</summary>
        Died = 4,

        /// <summary>Its host could not be reached for longer than the limit.</summary>
        Unreachable = 5,

        /// <summary>The service no longer knows it, and nobody knows why.</summary>
        Vanished = 6,
    }

    /// <summary>Which number stands for several samples of one player for one location.</summary>
    [NativeName("matchport_figure")]
    public enum LatencyFigure
    {
        /// <summary>The middle one. A single spike changes nothing.</summary>
        Median = 0,

        /// <summary>The smallest.</summary>
        Min = 1,
    }

    /// <summary>Why no answer, or no whole one, came.</summary>
    [NativeName("matchport_http_failure")]
    public enum HttpFailure
    {
        /// <summary>
        /// Not one byte of the request can have reached the service: name not found, connection refused, TLS refused.
        /// When in doubt it is BROKEN: a start that is wrongly called not sent may leave a second server.
        /// </summary>
        NotSent = 1,

        /// <summary>The service may have seen the request: reset, cut.</summary>
        Broken = 2,

        /// <summary>The host gave up waiting. It need not: requests that take too long are aborted.</summary>
        TimedOut = 3,

        /// <summary>The answer is larger than the request allowed.</summary>
        TooLarge = 4,
    }

    /// <summary>What it means when a player has no sample for a location, but has one for another.</summary>
    [NativeName("matchport_missing")]
    public enum MissingLatency
    {
        /// <summary>The location is left out.</summary>
        LeaveOut = 0,

        /// <summary>The player does not count for this location.</summary>
        Ignore = 1,

        /// <summary>The player counts with missing_ms.</summary>
        Assume = 2,
    }

    /// <summary>How a latency was measured.</summary>
    [NativeName("matchport_ping_method")]
    public enum PingMethod
    {
        /// <summary>ICMP echo.</summary>
        Icmp = 1,

        /// <summary>
        /// The time that a TCP connection takes, since the system does not let this process send ICMP.
        /// </summary>
        TcpConnect = 2,
    }

    /// <summary>Which of several sessions with enough open slots is best.</summary>
    [NativeName("matchport_prefer")]
    public enum BackfillPreference
    {
        /// <summary>The one with the most players: sessions fill up, others run empty and can end.</summary>
        Fullest = 0,

        /// <summary>The one with the fewest players.</summary>
        Emptiest = 1,
    }

    /// <summary>Whether the game server is restarted when it fails.</summary>
    [NativeName("matchport_restart")]
    public enum RestartPolicy
    {
        /// <summary>As the service has it.</summary>
        Default = 0,

        /// <summary>It is.</summary>
        Yes = 1,

        /// <summary>It is not.</summary>
        No = 2,
    }

    /// <summary>When an allocation is done.</summary>
    [NativeName("matchport_wait_for")]
    public enum WaitFor
    {
        /// <summary>When the session is running, so that players can join.</summary>
        Running = 0,

        /// <summary>As soon as the service has answered with an address.</summary>
        Allocated = 1,
    }

    /// <summary>What to do when every location is full.</summary>
    [NativeName("matchport_when_full")]
    public enum WhenFull
    {
        /// <summary>Wait for the first that re-opens, within the deadline.</summary>
        Wait = 0,

        /// <summary>Fail with NO_CAPACITY.</summary>
        Fail = 1,
    }
}
