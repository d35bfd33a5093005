// How a program carries the requests itself: the contract between the client and a transport. No policy: a transport sends
// what it is given, once.

using System;
using System.Collections.Generic;

namespace Matchport
{
    /// <summary>
    /// Sends HTTP requests. Each is sent once, with exactly the headers given (and those that HTTP itself needs), without
    /// following redirects and without trying again.
    /// </summary>
    public interface IHttpTransport
    {
        /// <summary>
        /// Begins to send and returns at once. Called by the pump, one at a time. What becomes of the request goes to
        /// <paramref name="answer"/>, from any thread, also from within this call. What this method throws counts as
        /// <see cref="HttpFailure.NotSent"/> only when it throws <see cref="ArgumentException"/> or
        /// <see cref="NotSupportedException"/>, else as <see cref="HttpFailure.Broken"/>.
        /// </summary>
        void Send(HttpTransportRequest request, IHttpAnswer answer);

        /// <summary>
        /// Closes the connection of a request: nothing that comes of it is wanted any more. One that has ended is
        /// ignored.
        /// </summary>
        void Abort(long request);
    }

    /// <summary>
    /// What a transport says of one request. Calls after the end of the request, or of the client, are ignored.
    /// </summary>
    public interface IHttpAnswer
    {
        /// <summary>The whole answer, for a request that does not stream.</summary>
        /// <param name="status">The HTTP status, 100 to 999.</param>
        /// <param name="retryAfter">The header Retry-After, or null.</param>
        /// <param name="body">The body without transfer or content encoding; null is empty.</param>
        void Respond(int status, string retryAfter, byte[] body);

        /// <summary>Status and headers, for a request that streams.</summary>
        void Begin(int status, string retryAfter);

        /// <summary>The next bytes of a stream.</summary>
        void Data(byte[] bytes, int offset, int count);

        /// <summary>The stream ended in good order.</summary>
        void End();

        /// <summary>No answer, or no whole one, will come.</summary>
        /// <param name="failure">
        /// When in doubt <see cref="HttpFailure.Broken"/>: a start that is wrongly called not sent may leave a second
        /// server.
        /// </param>
        /// <param name="message">What happened, without secrets; may be null.</param>
        void Fail(HttpFailure failure, string message);
    }

    /// <summary>One request to send. Its headers hold the token: never log them.</summary>
    public sealed class HttpTransportRequest
    {
        /// <summary>Its number.</summary>
        public long Id { get; internal set; }

        /// <summary>"GET", "POST", "PUT" or "DELETE".</summary>
        public string Method { get; internal set; }

        /// <summary>The whole address.</summary>
        public string Url { get; internal set; }

        /// <summary>Names in lower case.</summary>
        public IDictionary<string, string> Headers { get; internal set; }

        /// <summary>A JSON body; null when there is none. A DELETE may have one.</summary>
        public byte[] Body { get; internal set; }

        /// <summary>Whether the answer is wanted piece by piece.</summary>
        public bool Streams { get; internal set; }

        /// <summary>
        /// The most bytes of an answer that does not stream; more is <see cref="HttpFailure.TooLarge"/>.
        /// </summary>
        public long MaxResponseBytes { get; internal set; }

        /// <summary>The method and the address, without headers and body.</summary>
        public override string ToString()
        {
            return Method + " " + Url;
        }
    }
}
