// What comes out, laid out as in the C header. Members are named like there; a
// test compares sizes and places. Never seen outside of the binding.

using System;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    [Preserve]
    [NativeName("matchport_violation")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeViolation
    {
        internal NativeString Field;
        internal NativeString Description;
    }

    [Preserve]
    [NativeName("matchport_location_report")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeLocationReport
    {
        internal NativeString Location;
        internal NativeString LeftOut;
        internal float CostMs;
        internal float WorstMs;
        internal float MeanMs;
    }

    [Preserve]
    [NativeName("matchport_attempt_report")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeAttemptReport
    {
        internal NativeString Location;
        internal NativeString Identifier;
        internal NativeString SessionStatus;
        internal ulong AtMs;
        internal ulong TookMs;
        internal int Action;
        internal int Outcome;
        internal int Status;
        internal int HttpStatus;
    }

    [Preserve]
    [NativeName("matchport_report")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeReport
    {
        internal NativeString Session;
        internal NativeLocationReport* Locations;
        internal UIntPtr LocationCount;
        internal NativeAttemptReport* Attempts;
        internal UIntPtr AttemptCount;
        internal uint AttemptsOmitted;
        internal int Adopted;
        internal ulong TookMs;
    }

    [Preserve]
    [NativeName("matchport_error")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeError
    {
        internal NativeString Name;
        internal NativeString Message;
        internal NativeString Identifier;
        internal NativeString Field;
        internal NativeViolation* Violations;
        internal UIntPtr ViolationCount;
        internal long RetryAfterMs;
        internal NativeString Ticket;
        internal NativeReport* Report;
        internal int Status;
        internal int HttpStatus;
        internal int Outcome;
        internal int Retryable;
    }

    [Preserve]
    [NativeName("matchport_progress")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeProgress
    {
        internal NativeString Location;
        internal NativeString Reason;
        internal NativeString SessionStatus;
        internal long ForMs;
        internal int Step;
        internal int Status;
        internal uint Attempt;
    }

    [Preserve]
    [NativeName("matchport_port")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePort
    {
        internal NativeString Protocol;
        internal ushort Container;
        internal ushort Host;
    }

    [Preserve]
    [NativeName("matchport_allocation")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeAllocation
    {
        internal NativeString Id;
        internal NativeString Location;
        internal NativeString Host;
        internal NativeString Endpoint;
        internal NativePort* Ports;
        internal UIntPtr PortCount;
        internal NativeReport* Report;
    }

    [Preserve]
    [NativeName("matchport_backfilled")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeBackfilled
    {
        internal NativeString Id;
        internal NativeString Location;
        internal NativeString Host;
        internal NativeString Endpoint;
        internal NativePort* Ports;
        internal UIntPtr PortCount;
        internal uint PlayerCount;
        internal uint PassedOver;
    }

    [Preserve]
    [NativeName("matchport_session")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeSession
    {
        internal NativeString Id;
        internal NativeString Image;
        internal NativeString Location;
        internal NativeString Host;
        internal NativeString Tag;
        internal NativeString StatusName;
        internal ulong CreatedMs;
        internal NativePort* Ports;
        internal UIntPtr PortCount;
        internal NativeString* Players;
        internal UIntPtr PlayerNameCount;
        internal long PlayerCount;
        internal NativePair* Labels;
        internal UIntPtr LabelCount;
        internal int Status;
    }

    [Preserve]
    [NativeName("matchport_session_list")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeSessionList
    {
        internal NativeSession** Sessions;
        internal UIntPtr SessionCount;
    }

    [Preserve]
    [NativeName("matchport_player_count")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePlayerCount
    {
        internal uint PlayerCount;
        internal NativeString* Players;
        internal UIntPtr PlayerNameCount;
    }

    [Preserve]
    [NativeName("matchport_location")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeLocation
    {
        internal NativeString Id;
        internal NativeString* Addresses;
        internal UIntPtr AddressCount;
    }

    [Preserve]
    [NativeName("matchport_location_list")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeLocationList
    {
        internal NativeLocation* Locations;
        internal UIntPtr LocationCount;
    }

    [Preserve]
    [NativeName("matchport_ping")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePing
    {
        internal NativeString Location;
        internal float* Samples;
        internal UIntPtr SampleCount;
        internal NativeString Message;
        internal float MedianMs;
        internal int Method;
    }

    [Preserve]
    [NativeName("matchport_ping_list")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativePingList
    {
        internal NativePing* Pings;
        internal UIntPtr PingCount;
    }

    [Preserve]
    [NativeName("matchport_event")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeEvent
    {
        internal ulong Operation;
        internal int Kind;
        internal int Status;
        internal NativeString Text;
        internal NativeBytes Data;
        internal ulong Number;
        internal NativeError* Error;
        internal NativeProgress* Progress;
        internal NativeAllocation* Allocation;
        internal NativeBackfilled* Backfilled;
        internal NativeSessionList* SessionList;
        internal NativeSession* Session;
        internal NativePlayerCount* PlayerCount;
        internal NativeLocationList* LocationList;
        internal NativePingList* PingList;
    }

    [Preserve]
    [NativeName("matchport_snapshot")]
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct NativeSnapshot
    {
        internal NativeString Id;
        internal NativeString Image;
        internal NativeString Location;
        internal NativeString Host;
        internal NativeString LastReported;
        internal NativePort* Ports;
        internal UIntPtr PortCount;
        internal NativeString* Players;
        internal UIntPtr PlayerNameCount;
        internal uint PlayerCount;
        internal int State;
        internal int EndReason;
        internal long Since;
        internal long CreatedMs;
        internal long StartedAt;
        internal long TtlDeadline;
        internal long StopRequestedAt;
    }
}
