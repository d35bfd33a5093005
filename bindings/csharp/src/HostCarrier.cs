// Between the library and a transport of the program's: time, random bytes, requests out, answers in.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Security.Cryptography;
using Matchport.Native;

namespace Matchport
{
    internal sealed unsafe class HostCarrier
    {
        // Each operation uses 24 bytes.
        private const int EntropyBytes = 24;

        private readonly ClientCore core;
        private readonly IHttpTransport transport;
        private readonly Action<byte[]> fill;
        private readonly IDisposable generator;
        private readonly Func<long> clock;

        internal HostCarrier(ClientCore core, IHttpTransport transport, Action<byte[]> fill, Func<long> clock)
        {
            Stopwatch watch = Stopwatch.StartNew();
            this.clock = clock ?? delegate { return watch.ElapsedMilliseconds; };
            this.core = core;
            this.transport = transport;
            this.fill = fill;
            if (fill == null)
            {
                RandomNumberGenerator random = RandomNumberGenerator.Create();
                generator = random;
                this.fill = random.GetBytes;
            }
        }

        /// <summary>Tells the library the time. Call it while no other native call runs.</summary>
        internal MatchportStatus TellTime(IntPtr client)
        {
            return NativeMethods.matchport_client_tick_at(client, (ulong)clock());
        }

        /// <summary>Brings what one operation uses. Call it while no other native call runs.</summary>
        internal void AddEntropy(IntPtr client)
        {
            byte[] random = new byte[EntropyBytes];
            fill(random);
            fixed (byte* data = random)
            {
                NativeBytes bytes = new NativeBytes { Data = data, Length = (UIntPtr)random.Length };
                NativeMethods.matchport_client_add_entropy(client, bytes);
            }
            Array.Clear(random, 0, random.Length);
        }

        /// <summary>Hands all requests that wait to the transport.</summary>
        internal void TakeRequests()
        {
            while (true)
            {
                HttpTransportRequest request = null;
                ulong id = 0;
                bool isAbort = false;
                MatchportStatus status = core.Call(delegate(IntPtr client)
                {
                    NativeHttpRequest* native = null;
                    MatchportStatus next = NativeMethods.matchport_client_next_http_request(client, &native);
                    if (next == MatchportStatus.Ok)
                    {
                        id = native->Id;
                        isAbort = native->Action == (int)NativeHttpAction.Abort;
                        request = isAbort ? null : Copy(native);
                    }
                    return next;
                });
                core.Check(status);
                if (status == MatchportStatus.Empty)
                {
                    return;
                }
                if (isAbort)
                {
                    Abort(id);
                }
                else
                {
                    Send(request, new HttpAnswer(this, id));
                }
            }
        }

        internal void Close()
        {
            IDisposable disposable = transport as IDisposable;
            if (disposable != null)
            {
                disposable.Dispose();
            }
            if (generator != null)
            {
                generator.Dispose();
            }
        }

        /// <summary>
        /// Takes in what a transport says, at the time of now; afterwards the engine has something to decide.
        /// </summary>
        internal void TakeIn(Func<IntPtr, MatchportStatus> call)
        {
            MatchportStatus status;
            try
            {
                status = core.Call(delegate(IntPtr client)
                {
                    TellTime(client);
                    return call(client);
                });
            }
            catch (ObjectDisposedException)
            {
                // The client went away while the answer was on its way.
                return;
            }
            core.Signal();
            // The pump says it to everybody.
            bool isGone = status == MatchportStatus.UnknownRequest || status == MatchportStatus.Poisoned;
            if ((int)status >= 100 && !isGone)
            {
                throw NativeClient.Refusal(status, "the transport's answer was refused");
            }
        }

        private void Send(HttpTransportRequest request, HttpAnswer answer)
        {
            try
            {
                transport.Send(request, answer);
            }
            catch (Exception fault)
            {
                bool isUnsent = fault is ArgumentException || fault is NotSupportedException;
                HttpFailure failure = isUnsent ? HttpFailure.NotSent : HttpFailure.Broken;
                answer.Fail(failure, "the transport threw " + fault.GetType().Name);
            }
        }

        private void Abort(ulong id)
        {
            try
            {
                transport.Abort((long)id);
            }
            catch (Exception)
            {
                // Nothing that comes of this request is wanted any more, not even this.
            }
        }

        private static HttpTransportRequest Copy(NativeHttpRequest* native)
        {
            ulong most = native->MaxResponseBytes.ToUInt64();
            return new HttpTransportRequest
            {
                Id = (long)native->Id,
                Method = Views.Text(native->Method),
                Url = Views.Text(native->Url),
                Headers = Views.Pairs(native->Headers, native->HeaderCount),
                Body = Views.Bytes(native->Body),
                Streams = native->ResponseMode == (int)NativeResponseMode.Stream,
                MaxResponseBytes = most > long.MaxValue ? long.MaxValue : (long)most,
            };
        }
    }
}
