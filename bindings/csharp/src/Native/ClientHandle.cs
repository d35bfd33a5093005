// The handle of a native client, freed once whatever happens.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    internal sealed class ClientHandle : SafeHandle
    {
        internal ClientHandle(IntPtr client) : base(IntPtr.Zero, true)
        {
            SetHandle(client);
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        protected override bool ReleaseHandle()
        {
            return NativeMethods.matchport_client_free(handle) == MatchportStatus.Ok;
        }
    }
}
