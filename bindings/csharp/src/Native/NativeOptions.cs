// What goes in, laid out as in the C header. Members are named like there; a
// test compares sizes and places. Never seen outside of the binding.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    [NativeName("matchport_client_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeClientOptions
    {
        internal uint StructSize;
        internal int Transport;
        internal NativeString Environment;
        internal NativeString Token;
        internal int AllowPlainHttp;
        internal uint TrackedSessions;
        internal uint SkippedEvents;
        internal int LogLevel;
        internal IntPtr Log;
        internal IntPtr LogUser;
        internal ulong AttemptMs;
        internal ulong OperationMs;
        internal ulong ClosedLocationMs;
        internal ulong LateStartMs;
        internal ulong SettleMs;
        internal ulong PollMs;
        internal ulong VisibleMs;
        internal ulong BackoffFirstMs;
        internal ulong BackoffLongestMs;
        internal uint RetryCapacity;
        internal uint RetriesPerSecond;
    }

    [Preserve]
    [NativeName("matchport_latency")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeLatency
    {
        internal NativeString Location;
        internal float Milliseconds;
    }

    [Preserve]
    [NativeName("matchport_player")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePlayer
    {
        internal NativeString Id;
        internal NativeLatency* Latencies;
        internal UIntPtr LatencyCount;
    }

    [Preserve]
    [NativeName("matchport_allocate_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeAllocateOptions
    {
        internal uint StructSize;
        internal int WaitFor;
        internal NativeString Image;
        internal NativeString* Locations;
        internal UIntPtr LocationCount;
        internal NativePlayer* Players;
        internal UIntPtr PlayerCount;
        internal float* LatencyMatrix;
        internal UIntPtr LatencyMatrixLength;
        internal NativeString MatchId;
        internal NativeString SessionId;
        internal NativePair* Env;
        internal UIntPtr EnvCount;
        internal NativePair* Labels;
        internal UIntPtr LabelCount;
        internal NativeString* Args;
        internal UIntPtr ArgCount;
        internal NativeString Version;
        internal NativeString ExternalId;
        internal ulong TtlSeconds;
        internal ulong WaitedMs;
        internal ulong DeadlineMs;
        internal int WhenFull;
        internal int Restart;
        internal int EnvInTicket;
        internal int Figure;
        internal int Missing;
        internal float MissingMs;
        internal float WorstWeight;
        internal float MaxLatencyMs;
        internal float MaxLatencyRelaxMsPerSecond;
        internal float MaxLatencyCeilingMs;
    }

    [Preserve]
    [NativeName("matchport_backfill_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeBackfillOptions
    {
        internal uint StructSize;
        internal int Prefer;
        internal NativeString Image;
        internal NativeString* Players;
        internal UIntPtr PlayerCount;
        internal NativeString* Locations;
        internal UIntPtr LocationCount;
        internal NativeString Version;
        internal NativePair* Having;
        internal UIntPtr HavingCount;
        internal NativePair* NotHaving;
        internal UIntPtr NotHavingCount;
        internal ulong DeadlineMs;
        internal uint Capacity;
        internal uint Reserved;
    }

    [Preserve]
    [NativeName("matchport_list_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeListOptions
    {
        internal uint StructSize;
        internal int All;
        internal NativeString Location;
        internal NativeString Image;
        internal NativeString Tag;
        internal NativeString Host;
        internal long PlayersBelow;
        internal long PlayersAbove;
        internal NativePair* Having;
        internal UIntPtr HavingCount;
        internal NativePair* NotHaving;
        internal UIntPtr NotHavingCount;
    }

    [Preserve]
    [NativeName("matchport_resume_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeResumeOptions
    {
        internal uint StructSize;
        internal int Settle;
        internal NativeString Ticket;
        internal NativePair* Env;
        internal UIntPtr EnvCount;
        internal ulong DeadlineMs;
    }

    [Preserve]
    [NativeName("matchport_ping_options")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePingOptions
    {
        internal uint StructSize;
        internal uint Samples;
        internal NativeLocation* Locations;
        internal UIntPtr LocationCount;
        internal ulong TimeoutMs;
        internal ulong IntervalMs;
        internal uint TcpPort;
        internal uint Reserved;
    }
}
