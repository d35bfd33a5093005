// The client as programs see it: one method an operation, each a task that ends exactly once. No retry, no placement: the
// library decides, the core beside this file carries.

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Matchport.Native;

namespace Matchport
{
    /// <summary>
    /// Gets matches onto game servers. Any thread may call it. Failures come as <see cref="MatchportException"/>; a
    /// cancelled operation as <see cref="MatchportCanceledException"/>, once it is known what became of it.
    /// </summary>
    public sealed unsafe class MatchportClient : IDisposable
    {
        private readonly ClientCore core;

        /// <summary>Makes a client. Nothing is connected yet.</summary>
        /// <exception cref="MatchportException">The options were refused, or the library has another version.</exception>
        /// <exception cref="DllNotFoundException">The library (libmatchport) was not found.</exception>
        public MatchportClient(ClientOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException("options");
            }
            core = new ClientCore(options);
        }

        /// <summary>The release of the library, such as "0.1.0".</summary>
        public static string LibraryVersion
        {
            get { return Views.Text(NativeMethods.matchport_version()); }
        }

        /// <summary>Whether this build of the library can carry requests itself.</summary>
        public static bool HasBuiltInTransport
        {
            get { return NativeMethods.matchport_has_built_in_transport() != 0; }
        }

        /// <summary>The text of a status, in English, without a full stop.</summary>
        public static string StatusText(MatchportStatus status)
        {
            return Views.Text(NativeMethods.matchport_status_text((int)status));
        }

        /// <summary>How many operations are under way.</summary>
        public int OperationCount
        {
            get { return core.OperationCount(); }
        }

        /// <summary>
        /// Lets the client do its work, with <see cref="PumpMode.Manual"/> once a frame. Callbacks, and what waits for
        /// tasks, may run within this call. Does nothing while another call of it runs.
        /// </summary>
        public void Pump()
        {
            core.Pump();
        }

        /// <summary>
        /// Gets a session for a match, once and only once, whatever fails in between. Cancelling first makes sure that no
        /// server is left; the task ends then.
        /// </summary>
        public Task<Allocation> AllocateAsync(
            AllocateRequest request,
            IProgress<AllocationProgress> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(request, "request");
            Operation<Allocation> operation = core.Make(NativeEventKind.Allocated, Results.Allocation);
            operation.Progress = progress;
            operation.KeepTicket = request.KeepTicket;
            return core.Run(operation, delegate(IntPtr client, NativeArena arena, ulong* id)
            {
                return NativeMethods.matchport_client_allocate(client, Inputs.Allocate(request, arena), id);
            }, cancellationToken);
        }

        /// <summary>Goes on with an allocation from its ticket, in any process, on any machine.</summary>
        public Task<Allocation> ResumeAsync(
            ResumeRequest request,
            IProgress<AllocationProgress> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(request, "request");
            Operation<Allocation> operation = core.Make(NativeEventKind.Allocated, Results.Allocation);
            operation.Progress = progress;
            operation.KeepTicket = request.KeepTicket;
            return core.Run(operation, delegate(IntPtr client, NativeArena arena, ulong* id)
            {
                return NativeMethods.matchport_client_resume(client, Inputs.Resume(request, arena), id);
            }, cancellationToken);
        }

        /// <summary>Puts players into the best running session with enough open slots.</summary>
        public Task<Backfilled> BackfillAsync(
            BackfillRequest request, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(request, "request");
            return core.Run(core.Make(NativeEventKind.Backfilled, Results.Backfilled),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_backfill(client, Inputs.Backfill(request, arena), id);
                }, cancellationToken);
        }

        /// <summary>Lists sessions; with null all that are running.</summary>
        public Task<IList<Session>> ListAsync(
            ListRequest request = null, CancellationToken cancellationToken = default(CancellationToken))
        {
            ListRequest wanted = request ?? new ListRequest();
            return core.Run(core.Make(NativeEventKind.Sessions, Results.Sessions),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_list(client, Inputs.List(wanted, arena), id);
                }, cancellationToken);
        }

        /// <summary>Asks for the state of a session.</summary>
        public Task<Session> DescribeAsync(
            string session, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(session, "session");
            return core.Run(core.Make(NativeEventKind.Described, Results.Described),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_describe(client, arena.Text(session, "session"), id);
                }, cancellationToken);
        }

        /// <summary>
        /// Stops a session: its game server gets SIGTERM, and time to save its state. False when it had ended already.
        /// </summary>
        public Task<bool> StopAsync(string session, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(session, "session");
            return core.Run(core.Make(NativeEventKind.Stopped, Results.Flag),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_stop(client, arena.Text(session, "session"), id);
                }, cancellationToken);
        }

        /// <summary>Puts players into a session.</summary>
        public Task<PlayerCount> JoinAsync(
            string session, IEnumerable<string> players, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(session, "session");
            Given(players, "players");
            return core.Run(core.Make(NativeEventKind.Players, Results.Players),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    UIntPtr count;
                    NativeString* names = arena.Texts(players, "players", out count);
                    NativeString where = arena.Text(session, "session");
                    return NativeMethods.matchport_client_join(client, where, names, count, id);
                }, cancellationToken);
        }

        /// <summary>Takes players out of whatever session they are in.</summary>
        public Task<PlayerCount> LeaveAsync(
            IEnumerable<string> players, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(players, "players");
            return core.Run(core.Make(NativeEventKind.Players, Results.Players),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    UIntPtr count;
                    NativeString* names = arena.Texts(players, "players", out count);
                    return NativeMethods.matchport_client_leave(client, names, count, id);
                }, cancellationToken);
        }

        /// <summary>Asks which locations offer an image, with addresses for the game's clients to ping.</summary>
        public Task<IList<Location>> LocationsAsync(
            string image, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(image, "image");
            return core.Run(core.Make(NativeEventKind.Locations, Results.Locations),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_locations(client, arena.Text(image, "image"), id);
                }, cancellationToken);
        }

        /// <summary>
        /// Measures the latency from this machine to locations, one entry each in their order. For game clients that embed
        /// the library, and for trying out. Only with the transport that is built in.
        /// </summary>
        public Task<IList<Ping>> PingAsync(
            PingRequest request, CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(request, "request");
            return core.Run(core.Make(NativeEventKind.Pinged, Results.Pings),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_ping(client, Inputs.Ping(request, arena), id);
                }, cancellationToken);
        }

        /// <summary>Asks whether an image has a tag in a location.</summary>
        public Task<bool> TagExistsAsync(
            string location,
            string image,
            string version,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(location, "location");
            Given(image, "image");
            Given(version, "version");
            return core.Run(core.Make(NativeEventKind.TagExists, Results.Flag),
                delegate(IntPtr client, NativeArena arena, ulong* id)
                {
                    return NativeMethods.matchport_client_tag_exists(
                        client,
                        arena.Text(location, "location"),
                        arena.Text(image, "image"),
                        arena.Text(version, "version"),
                        id);
                }, cancellationToken);
        }

        /// <summary>Reads the log of a session line by line, in order; gives how many bytes came.</summary>
        /// <param name="session">The session.</param>
        /// <param name="follow">Stay until the session ends, or the operation is cancelled.</param>
        /// <param name="line">Called by the pump. What it throws ends the operation with that.</param>
        /// <param name="cancellationToken">Ends it.</param>
        public Task<long> ReadLogsAsync(
            string session,
            bool follow,
            Action<string> line,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(session, "session");
            Given(line, "line");
            Operation<long> operation = core.Make(NativeEventKind.Streamed, Results.Number);
            operation.TakeLine = line;
            return core.Run(operation, delegate(IntPtr client, NativeArena arena, ulong* id)
            {
                NativeString name = arena.Text(session, "session");
                return NativeMethods.matchport_client_logs(client, name, follow ? 1 : 0, id);
            }, cancellationToken);
        }

        /// <summary>
        /// Downloads a file or folder of a session that has ended, as a .tar.gz; gives how many bytes came.
        /// </summary>
        /// <param name="session">The session.</param>
        /// <param name="path">Absolute inside the container.</param>
        /// <param name="destination">Written to by the pump. What it throws ends the operation with that.</param>
        /// <param name="progress">Told how many bytes have come.</param>
        /// <param name="cancellationToken">Ends it.</param>
        public Task<long> DownloadArtifactAsync(
            string session,
            string path,
            Stream destination,
            IProgress<long> progress = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            Given(session, "session");
            Given(path, "path");
            Given(destination, "destination");
            Operation<long> operation = core.Make(NativeEventKind.Streamed, Results.Number);
            long written = 0;
            operation.TakeData = delegate(byte[] data)
            {
                destination.Write(data, 0, data.Length);
                written += data.Length;
                if (progress != null)
                {
                    progress.Report(written);
                }
            };
            return core.Run(operation, delegate(IntPtr client, NativeArena arena, ulong* id)
            {
                NativeString name = arena.Text(session, "session");
                return NativeMethods.matchport_client_artifact(client, name, arena.Text(path, "path"), id);
            }, cancellationToken);
        }

        /// <summary>
        /// What is known of a session that was allocated through this client, without asking the service; null when it is
        /// not followed. Needs <see cref="ClientOptions.TrackedSessions"/>.
        /// </summary>
        public SessionSnapshot Snapshot(string session)
        {
            Given(session, "session");
            return core.Snapshot(session);
        }

        /// <summary>What is known of all sessions that are followed, in the order in which they came.</summary>
        public IList<SessionSnapshot> Snapshots()
        {
            return core.Snapshots();
        }

        /// <summary>
        /// Takes no further operation, cancels all that are under way, and ends when each has ended: within this time, with
        /// a ticket in its error for what is not settled. With <see cref="PumpMode.Manual"/> go on pumping meanwhile.
        /// Dispose afterwards.
        /// </summary>
        public Task ShutdownAsync(TimeSpan within)
        {
            return core.Shutdown(Inputs.Milliseconds(within, "within"));
        }

        /// <summary>
        /// Frees the client. Operations that are under way fail, and what they started is not settled: to leave nothing
        /// behind, wait for <see cref="ShutdownAsync"/> first.
        /// </summary>
        public void Dispose()
        {
            core.Dispose();
        }

        /// <summary>Makes a fault inside of the client, for tests of what a program does then.</summary>
        internal void TestFault()
        {
            core.TestFault();
        }

        /// <summary>Whether the background thread has ended, for tests.</summary>
        internal bool HasPumpEnded(TimeSpan within)
        {
            return core.HasPumpEnded(within);
        }

        private static void Given(object value, string name)
        {
            if (value == null)
            {
                throw new ArgumentNullException(name);
            }
        }
    }
}
