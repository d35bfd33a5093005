// Hands to the library what a transport says of one request.

using System;
using Matchport.Native;

namespace Matchport
{
    internal sealed unsafe class HttpAnswer : IHttpAnswer
    {
        private static readonly byte[] Nothing = new byte[0];

        private readonly HostCarrier carrier;
        private readonly ulong request;

        internal HttpAnswer(HostCarrier carrier, ulong request)
        {
            this.carrier = carrier;
            this.request = request;
        }

        public void Respond(int status, string retryAfter, byte[] body)
        {
            Answer(status, retryAfter, body ?? Nothing, false);
        }

        public void Begin(int status, string retryAfter)
        {
            Answer(status, retryAfter, Nothing, true);
        }

        public void Data(byte[] bytes, int offset, int count)
        {
            if (bytes == null)
            {
                throw new ArgumentNullException("bytes");
            }
            if (offset < 0 || count < 0 || offset > bytes.Length - count)
            {
                throw new ArgumentOutOfRangeException("count");
            }
            carrier.TakeIn(delegate(IntPtr client)
            {
                fixed (byte* data = bytes)
                {
                    NativeBytes piece = new NativeBytes { Data = data + offset, Length = (UIntPtr)(uint)count };
                    return NativeMethods.matchport_client_http_stream_data(client, request, piece);
                }
            });
        }

        public void End()
        {
            carrier.TakeIn(client => NativeMethods.matchport_client_http_stream_end(client, request));
        }

        public void Fail(HttpFailure failure, string message)
        {
            carrier.TakeIn(delegate(IntPtr client)
            {
                using (NativeArena arena = new NativeArena())
                {
                    NativeString text = arena.Text(message, "message");
                    return NativeMethods.matchport_client_http_failed(client, request, (int)failure, text);
                }
            });
        }

        private void Answer(int status, string retryAfter, byte[] body, bool streams)
        {
            carrier.TakeIn(delegate(IntPtr client)
            {
                using (NativeArena arena = new NativeArena())
                {
                    NativeHttpResponse* response = (NativeHttpResponse*)arena.Allocate(sizeof(NativeHttpResponse));
                    NativeMethods.matchport_http_response_init(response, (UIntPtr)(uint)sizeof(NativeHttpResponse));
                    response->Status = status;
                    response->RetryAfter = arena.Text(retryAfter, "retryAfter");
                    fixed (byte* data = body)
                    {
                        response->Body = new NativeBytes { Data = data, Length = (UIntPtr)(uint)body.Length };
                        return streams
                            ? NativeMethods.matchport_client_http_stream_begin(client, request, response)
                            : NativeMethods.matchport_client_http_response(client, request, response);
                    }
                }
            });
        }
    }
}
