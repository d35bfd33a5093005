// Requests and answers of the host transport, laid out as in the C header. Members are named like there; a
// test compares sizes and places. Never seen outside of the binding.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    [NativeName("matchport_http_response")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeHttpResponse
    {
        internal uint StructSize;
        internal int Status;
        internal NativeString RetryAfter;
        internal NativeBytes Body;
    }

    [Preserve]
    [NativeName("matchport_http_request")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeHttpRequest
    {
        internal ulong Id;
        internal ulong Operation;
        internal int Action;
        internal int ResponseMode;
        internal NativeString Method;
        internal NativeString Url;
        internal NativePair* Headers;
        internal UIntPtr HeaderCount;
        internal NativeBytes Body;
        internal UIntPtr MaxResponseBytes;
    }
}
