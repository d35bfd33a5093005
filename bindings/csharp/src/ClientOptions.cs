// What a client is made with.

using System;

namespace Matchport
{
    /// <summary>Who lets the client do its work.</summary>
    public enum PumpMode
    {
        /// <summary>
        /// A background thread of the client's. Tasks go on in the thread pool, callbacks run on that thread.
        /// </summary>
        Thread = 0,

        /// <summary>
        /// The caller, with <see cref="MatchportClient.Pump"/> once a frame. Callbacks and what waits for tasks run within
        /// that call; there is no thread of the binding's.
        /// </summary>
        Manual = 1,
    }

    /// <summary>Settings of a client. What is null has the library's default, which is said with each.</summary>
    public sealed class ClientOptions
    {
        /// <summary>Settings with the two that must be given.</summary>
        /// <param name="environment">
        /// "sandbox", "production", "local" (http://127.0.0.1:4242, where the emulator listens), or an address.
        /// </param>
        /// <param name="token">The token of the Session API.</param>
        public ClientOptions(string environment, string token)
        {
            Environment = environment;
            Token = token;
        }

        /// <summary>"sandbox", "production", "local", or an address such as "https://api.example.com".</summary>
        public string Environment { get; set; }

        /// <summary>The token of the Session API.</summary>
        public string Token { get; set; }

        /// <summary>
        /// Carries the requests; null takes the transport that is built into the library. Disposed with the client when
        /// it can be.
        /// </summary>
        public IHttpTransport Transport { get; set; }

        /// <summary>Who lets the client do its work; a thread by default.</summary>
        public PumpMode PumpMode { get; set; }

        /// <summary>
        /// Fills an array with random bytes fit for secrets, for a client with a transport of its own; null takes
        /// the platform's generator. Half of what an operation uses becomes part of a session id.
        /// </summary>
        public Action<byte[]> Entropy { get; set; }

        /// <summary>The token may go over plain http to an address that is not loopback.</summary>
        public bool AllowPlainHttp { get; set; }

        /// <summary>
        /// The most sessions that are followed for <see cref="MatchportClient.Snapshot"/>; none by default.
        /// </summary>
        public int TrackedSessions { get; set; }

        /// <summary>How long one request may take before its outcome counts as unknown; 10 s.</summary>
        public TimeSpan? Attempt { get; set; }

        /// <summary>
        /// How long an operation other than an allocation or a stream may take, retries included; 30 s.
        /// </summary>
        public TimeSpan? Operation { get; set; }

        /// <summary>How long a location stays closed after a 420; 60 s.</summary>
        public TimeSpan? ClosedLocation { get; set; }

        /// <summary>How long a start whose answer was lost may still land after a stop found nothing; 5 s.</summary>
        public TimeSpan? LateStart { get; set; }

        /// <summary>How long giving up may take to make sure that nothing was left running; 30 s.</summary>
        public TimeSpan? Settle { get; set; }

        /// <summary>Longest pause between two looks at a session that is not running yet; 1 s.</summary>
        public TimeSpan? Poll { get; set; }

        /// <summary>
        /// How long a session that was started may be missing from the service before it counts as gone; 5 s.
        /// </summary>
        public TimeSpan? Visible { get; set; }

        /// <summary>Bound of the first delay between attempts, which doubles with each failure; 200 ms.</summary>
        public TimeSpan? BackoffFirst { get; set; }

        /// <summary>The largest such bound; 10 s.</summary>
        public TimeSpan? BackoffLongest { get; set; }

        /// <summary>The most retries that can be saved up, over all operations; 100.</summary>
        public int? RetryCapacity { get; set; }

        /// <summary>Retries that come back each second; 10.</summary>
        public int? RetriesPerSecond { get; set; }

        /// <summary>
        /// The time in milliseconds, for tests with a transport of their own; the system's clock when null.
        /// </summary>
        internal Func<long> Clock { get; set; }

        /// <summary>The settings without the token.</summary>
        public override string ToString()
        {
            return "ClientOptions { Environment = " + Environment + " }";
        }
    }
}
