// Makes the library's option structs of the public requests.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Matchport.Native
{
    internal static unsafe class Inputs
    {
        internal static NativeClientOptions* Client(ClientOptions options, NativeArena arena)
        {
            NativeClientOptions* native = (NativeClientOptions*)arena.Allocate(sizeof(NativeClientOptions));
            NativeMethods.matchport_client_options_init(native, (UIntPtr)(uint)sizeof(NativeClientOptions));
            native->Transport = (int)(options.Transport == null ? NativeTransport.BuiltIn : NativeTransport.Host);
            native->Environment = arena.Text(options.Environment, "Environment");
            native->Token = arena.Text(options.Token, "Token");
            native->AllowPlainHttp = options.AllowPlainHttp ? 1 : 0;
            native->TrackedSessions = Unsigned(options.TrackedSessions, "TrackedSessions");
            // Without a hook nothing has to be written.
            native->LogLevel = (int)NativeLogLevel.Off;
            Set(ref native->AttemptMs, options.Attempt, "Attempt");
            Set(ref native->OperationMs, options.Operation, "Operation");
            Set(ref native->ClosedLocationMs, options.ClosedLocation, "ClosedLocation");
            Set(ref native->LateStartMs, options.LateStart, "LateStart");
            Set(ref native->SettleMs, options.Settle, "Settle");
            Set(ref native->PollMs, options.Poll, "Poll");
            Set(ref native->VisibleMs, options.Visible, "Visible");
            Set(ref native->BackoffFirstMs, options.BackoffFirst, "BackoffFirst");
            Set(ref native->BackoffLongestMs, options.BackoffLongest, "BackoffLongest");
            if (options.RetryCapacity != null)
            {
                native->RetryCapacity = Unsigned(options.RetryCapacity.Value, "RetryCapacity");
            }
            if (options.RetriesPerSecond != null)
            {
                native->RetriesPerSecond = Unsigned(options.RetriesPerSecond.Value, "RetriesPerSecond");
            }
            return native;
        }

        internal static NativeAllocateOptions* Allocate(AllocateRequest request, NativeArena arena)
        {
            NativeAllocateOptions* native = (NativeAllocateOptions*)arena.Allocate(sizeof(NativeAllocateOptions));
            NativeMethods.matchport_allocate_options_init(native, (UIntPtr)(uint)sizeof(NativeAllocateOptions));
            native->WaitFor = (int)request.WaitFor;
            native->Image = arena.Text(request.Image, "Image");
            native->Locations = arena.Texts(request.Locations, "Locations", out native->LocationCount);
            native->Players = Players(request.Players, arena, out native->PlayerCount);
            native->LatencyMatrix = Numbers(request.LatencyMatrix, arena, out native->LatencyMatrixLength);
            native->MatchId = arena.Text(request.MatchId, "MatchId");
            native->SessionId = arena.Text(request.SessionId, "SessionId");
            native->Env = arena.Pairs(request.Env, "Env", out native->EnvCount);
            native->Labels = arena.Pairs(request.Labels, "Labels", out native->LabelCount);
            native->Args = arena.Texts(request.Args, "Args", out native->ArgCount);
            native->Version = arena.Text(request.Version, "Version");
            native->ExternalId = arena.Text(request.ExternalId, "ExternalId");
            native->TtlSeconds = TtlSeconds(request, native->TtlSeconds);
            Set(ref native->WaitedMs, request.Waited, "Waited");
            Set(ref native->DeadlineMs, request.Deadline, "Deadline");
            native->WhenFull = (int)request.WhenFull;
            native->Restart = (int)request.Restart;
            native->EnvInTicket = request.EnvInTicket ? 1 : 0;
            native->Figure = (int)request.Figure;
            native->Missing = (int)request.Missing;
            native->MissingMs = request.MissingMilliseconds ?? native->MissingMs;
            native->WorstWeight = request.WorstWeight ?? native->WorstWeight;
            native->MaxLatencyMs = request.MaxLatencyMilliseconds ?? native->MaxLatencyMs;
            native->MaxLatencyRelaxMsPerSecond =
                request.MaxLatencyRelaxPerSecond ?? native->MaxLatencyRelaxMsPerSecond;
            native->MaxLatencyCeilingMs = request.MaxLatencyCeilingMilliseconds ?? native->MaxLatencyCeilingMs;
            return native;
        }

        internal static NativeBackfillOptions* Backfill(BackfillRequest request, NativeArena arena)
        {
            NativeBackfillOptions* native = (NativeBackfillOptions*)arena.Allocate(sizeof(NativeBackfillOptions));
            NativeMethods.matchport_backfill_options_init(native, (UIntPtr)(uint)sizeof(NativeBackfillOptions));
            native->Prefer = (int)request.Prefer;
            native->Image = arena.Text(request.Image, "Image");
            native->Players = arena.Texts(request.Players, "Players", out native->PlayerCount);
            native->Locations = arena.Texts(request.Locations, "Locations", out native->LocationCount);
            native->Version = arena.Text(request.Version, "Version");
            native->Having = arena.Pairs(request.Having, "Having", out native->HavingCount);
            native->NotHaving = arena.Pairs(request.NotHaving, "NotHaving", out native->NotHavingCount);
            Set(ref native->DeadlineMs, request.Deadline, "Deadline");
            native->Capacity = Unsigned(request.Capacity, "Capacity");
            return native;
        }

        internal static NativeListOptions* List(ListRequest request, NativeArena arena)
        {
            NativeListOptions* native = (NativeListOptions*)arena.Allocate(sizeof(NativeListOptions));
            NativeMethods.matchport_list_options_init(native, (UIntPtr)(uint)sizeof(NativeListOptions));
            native->All = request.All ? 1 : 0;
            native->Location = arena.Text(request.Location, "Location");
            native->Image = arena.Text(request.Image, "Image");
            native->Tag = arena.Text(request.Tag, "Tag");
            native->Host = arena.Text(request.Host, "Host");
            native->PlayersBelow = request.PlayersBelow ?? native->PlayersBelow;
            native->PlayersAbove = request.PlayersAbove ?? native->PlayersAbove;
            native->Having = arena.Pairs(request.Having, "Having", out native->HavingCount);
            native->NotHaving = arena.Pairs(request.NotHaving, "NotHaving", out native->NotHavingCount);
            return native;
        }

        internal static NativePingOptions* Ping(PingRequest request, NativeArena arena)
        {
            NativePingOptions* native = (NativePingOptions*)arena.Allocate(sizeof(NativePingOptions));
            NativeMethods.matchport_ping_options_init(native, (UIntPtr)(uint)sizeof(NativePingOptions));
            IList<Location> locations = request.Locations;
            native->LocationCount = (UIntPtr)(uint)locations.Count;
            native->Locations = (NativeLocation*)arena.Allocate((long)locations.Count * sizeof(NativeLocation));
            for (int i = 0; i < locations.Count; i++)
            {
                string field = "Locations[" + i + "]";
                if (locations[i] == null)
                {
                    throw new ArgumentNullException(field);
                }
                NativeLocation* location = native->Locations + i;
                location->Id = arena.Text(NativeArena.Required(locations[i].Id, field), field);
                location->Addresses = arena.Texts(locations[i].Addresses, field, out location->AddressCount);
            }
            if (request.Samples != null)
            {
                native->Samples = Unsigned(request.Samples.Value, "Samples");
            }
            Set(ref native->TimeoutMs, request.Timeout, "Timeout");
            Set(ref native->IntervalMs, request.Interval, "Interval");
            if (request.TcpPort != null)
            {
                native->TcpPort = Unsigned(request.TcpPort.Value, "TcpPort");
            }
            return native;
        }

        internal static NativeResumeOptions* Resume(ResumeRequest request, NativeArena arena)
        {
            NativeResumeOptions* native = (NativeResumeOptions*)arena.Allocate(sizeof(NativeResumeOptions));
            NativeMethods.matchport_resume_options_init(native, (UIntPtr)(uint)sizeof(NativeResumeOptions));
            native->Settle = request.Settle ? 1 : 0;
            native->Ticket = arena.Text(request.Ticket, "Ticket");
            native->Env = arena.Pairs(request.Env, "Env", out native->EnvCount);
            Set(ref native->DeadlineMs, request.Deadline, "Deadline");
            return native;
        }

        /// <summary>Milliseconds; less than none is refused here, since the library can't be told of it.</summary>
        internal static ulong Milliseconds(TimeSpan span, string field)
        {
            if (span < TimeSpan.Zero)
            {
                throw new ArgumentOutOfRangeException(field, "must not be negative");
            }
            // Rounded up: something above zero must not become "none".
            return (ulong)((span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
        }

        private static NativePlayer* Players(IList<Player> players, NativeArena arena, out UIntPtr count)
        {
            count = (UIntPtr)(uint)players.Count;
            if (players.Count == 0)
            {
                return null;
            }
            NativePlayer* array = (NativePlayer*)arena.Allocate((long)players.Count * sizeof(NativePlayer));
            for (int i = 0; i < players.Count; i++)
            {
                string field = "Players[" + i + "]";
                if (players[i] == null)
                {
                    throw new ArgumentNullException(field);
                }
                IList<Latency> latencies = players[i].Latencies;
                array[i].Id = arena.Text(NativeArena.Required(players[i].Id, field), field);
                array[i].LatencyCount = (UIntPtr)(uint)latencies.Count;
                NativeLatency* samples = (NativeLatency*)arena.Allocate((long)latencies.Count * sizeof(NativeLatency));
                array[i].Latencies = latencies.Count == 0 ? null : samples;
                for (int k = 0; k < latencies.Count; k++)
                {
                    string name = NativeArena.Required(latencies[k].Location, field + ".Latencies");
                    samples[k].Location = arena.Text(name, field + ".Latencies");
                    samples[k].Milliseconds = latencies[k].Milliseconds;
                }
            }
            return array;
        }

        private static float* Numbers(float[] numbers, NativeArena arena, out UIntPtr count)
        {
            count = (UIntPtr)(uint)(numbers == null ? 0 : numbers.Length);
            if (numbers == null)
            {
                return null;
            }
            float* array = (float*)arena.Allocate((long)numbers.Length * sizeof(float));
            Marshal.Copy(numbers, 0, (IntPtr)array, numbers.Length);
            return array;
        }

        private static ulong TtlSeconds(AllocateRequest request, ulong byDefault)
        {
            if (request.UnlimitedTtl)
            {
                return ulong.MaxValue;
            }
            return request.Ttl == null ? byDefault : (Milliseconds(request.Ttl.Value, "Ttl") + 999) / 1000;
        }

        private static void Set(ref ulong milliseconds, TimeSpan? span, string field)
        {
            if (span != null)
            {
                milliseconds = Milliseconds(span.Value, field);
            }
        }

        private static uint Unsigned(int number, string field)
        {
            if (number < 0)
            {
                throw new ArgumentOutOfRangeException(field, "must not be negative");
            }
            return (uint)number;
        }
    }
}
