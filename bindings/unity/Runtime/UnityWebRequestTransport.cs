// Carries requests with UnityWebRequest, on the main thread: for platforms where the engine's own HTTP is wanted. Only for
// clients that are pumped on the main thread.

using System;
using System.Collections.Generic;
using UnityEngine.Networking;

namespace Matchport.Unity
{
    /// <summary>Carries requests with the engine's UnityWebRequest. Use it with <see cref="MatchportPump"/>.</summary>
    public sealed class UnityWebRequestTransport : IHttpTransport, IDisposable
    {
        private readonly Dictionary<long, UnityWebRequest> underWay = new Dictionary<long, UnityWebRequest>();

        /// <inheritdoc/>
        public void Send(HttpTransportRequest request, IHttpAnswer answer)
        {
            UnityWebRequest web = new UnityWebRequest(request.Url, request.Method);
            web.redirectLimit = 0;
            if (request.Body != null)
            {
                web.uploadHandler = new UploadHandlerRaw(request.Body);
            }
            AnswerHandler handler = new AnswerHandler(web, request, answer);
            web.downloadHandler = handler;
            foreach (KeyValuePair<string, string> header in request.Headers)
            {
                web.SetRequestHeader(header.Key, header.Value);
            }
            underWay[request.Id] = web;
            try
            {
                web.SendWebRequest().completed += operation => End(request.Id, web, handler);
            }
            catch (InvalidOperationException)
            {
                // The engine allows no plain http by the project's settings.
                underWay.Remove(request.Id);
                web.Dispose();
                answer.Fail(HttpFailure.NotSent, "the engine refused to send this request: see its settings for plain http");
            }
        }

        /// <inheritdoc/>
        public void Abort(long request)
        {
            UnityWebRequest web;
            if (underWay.TryGetValue(request, out web))
            {
                // Nobody is told any more: End() finds no entry.
                underWay.Remove(request);
                web.Abort();
            }
        }

        /// <summary>Aborts what is under way.</summary>
        public void Dispose()
        {
            foreach (long request in new List<long>(underWay.Keys))
            {
                Abort(request);
            }
        }

        private void End(long request, UnityWebRequest web, AnswerHandler handler)
        {
            if (underWay.Remove(request))
            {
                handler.End();
            }
            web.Dispose();
        }

        /// <summary>Takes the body as it comes: a stream is passed on, the rest is collected up to its limit.</summary>
        private sealed class AnswerHandler : DownloadHandlerScript
        {
            private readonly UnityWebRequest web;
            private readonly HttpTransportRequest request;
            private readonly IHttpAnswer answer;
            private readonly List<byte> whole = new List<byte>();
            private bool hasBegun;
            private bool isTooLarge;

            internal AnswerHandler(UnityWebRequest web, HttpTransportRequest request, IHttpAnswer answer)
                : base(new byte[64 * 1024])
            {
                this.web = web;
                this.request = request;
                this.answer = answer;
            }

            internal void End()
            {
                int status = (int)web.responseCode;
                bool isRedirect = status >= 300 && status < 400;
                bool isAnswer = web.result == UnityWebRequest.Result.Success
                    || web.result == UnityWebRequest.Result.ProtocolError
                    || isRedirect;
                if (isTooLarge)
                {
                    answer.Fail(HttpFailure.TooLarge, "the answer is larger than " + request.MaxResponseBytes + " bytes");
                }
                else if (!isAnswer || status == 0)
                {
                    answer.Fail(Failure(status), web.error);
                }
                else if (request.Streams)
                {
                    Begin();
                    answer.End();
                }
                else
                {
                    answer.Respond(status, web.GetResponseHeader("Retry-After"), whole.ToArray());
                }
            }

            // False ends the request.
            protected override bool ReceiveData(byte[] data, int length)
            {
                if (data == null || length < 1)
                {
                    return false;
                }
                if (request.Streams)
                {
                    Begin();
                    answer.Data(data, 0, length);
                    return true;
                }
                isTooLarge = whole.Count + (long)length > request.MaxResponseBytes;
                if (!isTooLarge)
                {
                    whole.AddRange(new ArraySegment<byte>(data, 0, length));
                }
                return !isTooLarge;
            }

            private void Begin()
            {
                if (!hasBegun)
                {
                    hasBegun = true;
                    answer.Begin((int)web.responseCode, web.GetResponseHeader("Retry-After"));
                }
            }

            // The engine says it in words only. Not sent is only what surely never had a connection.
            private HttpFailure Failure(int status)
            {
                bool isUnsent = status == 0
                    && (web.error == "Cannot resolve destination host" || web.error == "Cannot connect to destination host");
                if (isUnsent)
                {
                    return HttpFailure.NotSent;
                }
                return web.error == "Request timeout" ? HttpFailure.TimedOut : HttpFailure.Broken;
            }
        }
    }
}
