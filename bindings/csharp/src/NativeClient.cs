// Makes native clients, and the exception for a refused call.

using System;
using System.Text;
using Matchport.Native;

namespace Matchport
{
    internal static unsafe class NativeClient
    {
        private const int MessageBytes = 1024;

        internal static ClientHandle Create(ClientOptions options)
        {
            uint version = NativeMethods.matchport_abi_version();
            if (version != NativeMethods.AbiVersion)
            {
                throw new MatchportException(new MatchportError
                {
                    Status = MatchportStatus.CallRefused,
                    Name = "abi_version",
                    Message = "the library that was found has ABI version " + version + ", this assembly needs "
                        + NativeMethods.AbiVersion + ": install the two from the same release",
                    Outcome = RequestOutcome.NotSent,
                });
            }
            using (NativeArena arena = new NativeArena())
            {
                byte* message = arena.Allocate(MessageBytes);
                IntPtr client = IntPtr.Zero;
                MatchportStatus status = NativeMethods.matchport_client_new(
                    Inputs.Client(options, arena), &client, message, (UIntPtr)MessageBytes);
                if (status != MatchportStatus.Ok)
                {
                    throw Refusal(status, Terminated(message));
                }
                return new ClientHandle(client);
            }
        }

        /// <summary>A call that was refused and changed nothing.</summary>
        internal static MatchportException Refusal(MatchportStatus status, string message)
        {
            string text = Views.Text(NativeMethods.matchport_status_text((int)status));
            return new MatchportException(new MatchportError
            {
                Status = status,
                Name = text,
                Message = string.IsNullOrEmpty(message) ? text : message,
                Outcome = RequestOutcome.NotSent,
                IsRetryable = status == MatchportStatus.Busy,
            });
        }

        private static string Terminated(byte* text)
        {
            int length = 0;
            while (length < MessageBytes && text[length] != 0)
            {
                length++;
            }
            return length == 0 ? string.Empty : Encoding.UTF8.GetString(text, length);
        }
    }
}
