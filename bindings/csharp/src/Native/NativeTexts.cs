// Texts and bytes, laid out as in the C header. Members are named like there; a
// test compares sizes and places. Never seen outside of the binding.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    [NativeName("matchport_string")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeString
    {
        internal byte* Data;
        internal UIntPtr Length;
    }

    [Preserve]
    [NativeName("matchport_bytes")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeBytes
    {
        internal byte* Data;
        internal UIntPtr Length;
    }

    [Preserve]
    [NativeName("matchport_pair")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePair
    {
        internal NativeString Name;
        internal NativeString Value;
    }
}
