// Carries requests with System.Net.HttpWebRequest, which every runtime has. For programs that must use the platform's
// proxies and certificates, or whose library has no built-in transport.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace Matchport
{
    /// <summary>Carries requests with <see cref="HttpWebRequest"/>.</summary>
    public sealed class HttpWebRequestTransport : IHttpTransport, IDisposable
    {
        private const int PieceBytes = 64 * 1024;

        private readonly ConcurrentDictionary<long, HttpWebRequest> underWay =
            new ConcurrentDictionary<long, HttpWebRequest>();
        private readonly int connections;

        /// <summary>A transport.</summary>
        /// <param name="connections">The most connections to the service at once.</param>
        public HttpWebRequestTransport(int connections = 64)
        {
            if (connections < 1)
            {
                throw new ArgumentOutOfRangeException("connections", "must be at least 1");
            }
            this.connections = connections;
        }

        /// <inheritdoc/>
        public void Send(HttpTransportRequest request, IHttpAnswer answer)
        {
            HttpWebRequest web = Make(request);
            underWay[request.Id] = web;
            // Off this thread: looking up a name may block.
            Task.Run(() => Carry(request, web, answer));
        }

        /// <inheritdoc/>
        public void Abort(long request)
        {
            HttpWebRequest web;
            if (underWay.TryRemove(request, out web))
            {
                web.Abort();
            }
        }

        /// <summary>Aborts what is under way.</summary>
        public void Dispose()
        {
            foreach (long request in underWay.Keys)
            {
                Abort(request);
            }
        }

        private HttpWebRequest Make(HttpTransportRequest request)
        {
            HttpWebRequest web = WebRequest.CreateHttp(request.Url);
            web.Method = request.Method;
            web.AllowAutoRedirect = false;
            web.AutomaticDecompression = DecompressionMethods.None;
            web.ServicePoint.Expect100Continue = false;
            web.ServicePoint.UseNagleAlgorithm = false;
            web.ServicePoint.ConnectionLimit = connections;
            foreach (KeyValuePair<string, string> header in request.Headers)
            {
                SetHeader(web, header.Key, header.Value);
            }
            if (request.Body != null)
            {
                // Unbuffered, so that the runtime can't send a body a second time by itself.
                web.AllowWriteStreamBuffering = false;
                web.ContentLength = request.Body.Length;
            }
            return web;
        }

        // Some headers have to be set as properties.
        private static void SetHeader(HttpWebRequest web, string name, string value)
        {
            switch (name)
            {
                case "accept":
                    web.Accept = value;
                    break;
                case "content-type":
                    web.ContentType = value;
                    break;
                case "user-agent":
                    web.UserAgent = value;
                    break;
                default:
                    web.Headers[name] = value;
                    break;
            }
        }

        private async Task Carry(HttpTransportRequest request, HttpWebRequest web, IHttpAnswer answer)
        {
            try
            {
                if (request.Body != null)
                {
                    using (Stream body = await web.GetRequestStreamAsync().ConfigureAwait(false))
                    {
                        await body.WriteAsync(request.Body, 0, request.Body.Length).ConfigureAwait(false);
                    }
                }
                using (HttpWebResponse response = await Answer(web).ConfigureAwait(false))
                using (Stream body = response.GetResponseStream())
                {
                    await (request.Streams ? PassOn(response, body, answer) : Whole(request, response, body, answer))
                        .ConfigureAwait(false);
                }
            }
            catch (Exception fault)
            {
                answer.Fail(Failure(fault), Words(fault));
            }
            finally
            {
                underWay.TryRemove(request.Id, out web);
            }
        }

        // An answer such as 404 comes as an exception here, and is none to us.
        private static async Task<HttpWebResponse> Answer(HttpWebRequest web)
        {
            try
            {
                return (HttpWebResponse)await web.GetResponseAsync().ConfigureAwait(false);
            }
            catch (WebException fault) when (fault.Response is HttpWebResponse)
            {
                return (HttpWebResponse)fault.Response;
            }
        }

        private static async Task Whole(
            HttpTransportRequest request, HttpWebResponse response, Stream body, IHttpAnswer answer)
        {
            using (MemoryStream whole = new MemoryStream())
            {
                byte[] piece = new byte[PieceBytes];
                int count;
                while ((count = await body.ReadAsync(piece, 0, piece.Length).ConfigureAwait(false)) > 0)
                {
                    if (whole.Length + count > request.MaxResponseBytes)
                    {
                        answer.Fail(HttpFailure.TooLarge, "the answer is larger than " + request.MaxResponseBytes);
                        return;
                    }
                    whole.Write(piece, 0, count);
                }
                bool isCut = response.ContentLength >= 0 && whole.Length < response.ContentLength;
                if (isCut)
                {
                    answer.Fail(HttpFailure.Broken, "the connection was closed in the middle of the answer");
                    return;
                }
                answer.Respond((int)response.StatusCode, response.Headers["Retry-After"], whole.ToArray());
            }
        }

        private static async Task PassOn(HttpWebResponse response, Stream body, IHttpAnswer answer)
        {
            answer.Begin((int)response.StatusCode, response.Headers["Retry-After"]);
            byte[] piece = new byte[PieceBytes];
            long total = 0;
            int count;
            while ((count = await body.ReadAsync(piece, 0, piece.Length).ConfigureAwait(false)) > 0)
            {
                answer.Data(piece, 0, count);
                total += count;
            }
            bool isCut = response.ContentLength >= 0 && total < response.ContentLength;
            if (isCut)
            {
                answer.Fail(HttpFailure.Broken, "the connection was closed in the middle of the answer");
                return;
            }
            answer.End();
        }

        // Not sent only where the connection never came about: anything else may have reached the service.
        private static HttpFailure Failure(Exception fault)
        {
            for (Exception cause = fault; cause != null; cause = cause.InnerException)
            {
                WebException web = cause as WebException;
                if (web != null && web.Status == WebExceptionStatus.Timeout)
                {
                    return HttpFailure.TimedOut;
                }
                bool isUnsent = web != null
                    && (web.Status == WebExceptionStatus.NameResolutionFailure
                        || web.Status == WebExceptionStatus.ProxyNameResolutionFailure
                        || web.Status == WebExceptionStatus.ConnectFailure
                        || web.Status == WebExceptionStatus.TrustFailure);
                SocketException socket = cause as SocketException;
                isUnsent |= socket != null
                    && (socket.SocketErrorCode == SocketError.ConnectionRefused
                        || socket.SocketErrorCode == SocketError.HostNotFound);
                if (isUnsent)
                {
                    return HttpFailure.NotSent;
                }
            }
            return HttpFailure.Broken;
        }

        // Not the exception's message, which may quote what was sent.
        private static string Words(Exception fault)
        {
            WebException web = fault as WebException;
            return web == null ? fault.GetType().Name : "WebException: " + web.Status;
        }
    }
}
