// What keeps a native client going: one call at a time, operations by their number, the pump. Nothing here knows what an
// operation is about.
//
// Two locks. `gate` is held for each native call and never while a callback of the caller's runs. `pumping` lets one thread
// pump at a time, since the events that were taken are only valid until events are asked for again.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Matchport.Native;

namespace Matchport
{
    internal unsafe delegate MatchportStatus BeginCall(IntPtr client, NativeArena arena, ulong* id);

    internal sealed class ClientCore : IDisposable
    {
        private const int EventsAtOnce = 64;

        private readonly object gate = new object();
        private readonly Dictionary<ulong, Operation> operations = new Dictionary<ulong, Operation>();
        private readonly ClientHandle handle;
        private readonly IntPtr client;
        private readonly HostCarrier host;
        private readonly PumpThread thread;
        private readonly TaskCreationOptions taskOptions;
        private TaskCompletionSource<bool> emptied;
        private int pumping;
        private volatile bool isClosed;

        internal ClientCore(ClientOptions options)
        {
            handle = NativeClient.Create(options);
            client = handle.DangerousGetHandle();
            if (options.Transport != null)
            {
                host = new HostCarrier(this, options.Transport, options.Entropy, options.Clock);
            }
            if (options.PumpMode == PumpMode.Thread)
            {
                // What waits for a task must not hold up the pump.
                taskOptions = TaskCreationOptions.RunContinuationsAsynchronously;
                thread = new PumpThread(this, handle, host != null);
            }
        }

        internal Operation<T> Make<T>(NativeEventKind expected, ResultReader<T> read)
        {
            return new Operation<T>(expected, read, taskOptions);
        }

        internal async Task<T> Run<T>(Operation<T> operation, BeginCall begin, CancellationToken token)
        {
            token.ThrowIfCancellationRequested();
            operation.Token = token;
            Begin(operation, begin);
            Signal();
            using (token.Register(Cancel, operation))
            {
                return await operation.Task.ConfigureAwait(false);
            }
        }

        internal void Pump()
        {
            if (Interlocked.CompareExchange(ref pumping, 1, 0) != 0)
            {
                return;
            }
            bool isHeld = false;
            try
            {
                // The events that are being read stay valid, also when a callback disposes the client.
                handle.DangerousAddRef(ref isHeld);
                Tick();
                TakeEvents();
                if (host != null)
                {
                    host.TakeRequests();
                }
            }
            catch (ObjectDisposedException)
            {
                // Nothing left to do.
            }
            catch (MatchportException fault)
            {
                FailAll(fault.Status, fault.Error.Message);
                throw;
            }
            finally
            {
                if (isHeld)
                {
                    handle.DangerousRelease();
                }
                Volatile.Write(ref pumping, 0);
            }
        }

        /// <summary>A native call, while no other runs; its status. Throws when the client has been disposed.</summary>
        internal MatchportStatus Call(Func<IntPtr, MatchportStatus> call)
        {
            lock (gate)
            {
                ThrowIfClosed();
                return call(client);
            }
        }

        /// <summary>Turns a refusal into an exception.</summary>
        internal void Check(MatchportStatus status)
        {
            if ((int)status < 100)
            {
                return;
            }
            lock (gate)
            {
                ThrowIfClosed();
                throw Refusal(status);
            }
        }

        /// <summary>There may be something to do: the thread that pumps had better look.</summary>
        internal void Signal()
        {
            if (thread != null)
            {
                thread.Signal();
            }
        }

        /// <summary>Whether the client has been disposed.</summary>
        internal bool IsClosed
        {
            get { return isClosed; }
        }

        /// <summary>Whether the background thread has ended, which lets the client be freed. For tests.</summary>
        internal bool HasPumpEnded(TimeSpan within)
        {
            return thread == null || thread.HasEnded(within);
        }

        internal int OperationCount()
        {
            lock (gate)
            {
                return operations.Count;
            }
        }

        internal unsafe SessionSnapshot Snapshot(string session)
        {
            using (NativeArena arena = new NativeArena())
            {
                lock (gate)
                {
                    ThrowIfClosed();
                    NativeSnapshot* snapshot = null;
                    NativeString name = arena.Text(session, "session");
                    Check(NativeMethods.matchport_client_session(client, name, &snapshot));
                    return snapshot == null ? null : Results.Snapshot(snapshot);
                }
            }
        }

        internal unsafe IList<SessionSnapshot> Snapshots()
        {
            lock (gate)
            {
                ThrowIfClosed();
                NativeSnapshot** snapshots = null;
                UIntPtr count = UIntPtr.Zero;
                Check(NativeMethods.matchport_client_sessions(client, &snapshots, &count));
                SessionSnapshot[] copy = new SessionSnapshot[snapshots == null ? 0 : Views.Length(count)];
                for (int i = 0; i < copy.Length; i++)
                {
                    copy[i] = Results.Snapshot(snapshots[i]);
                }
                return copy;
            }
        }

        internal Task Shutdown(ulong withinMilliseconds)
        {
            TaskCompletionSource<bool> wanted;
            lock (gate)
            {
                ThrowIfClosed();
                if (host != null)
                {
                    host.TellTime(client);
                }
                Check(NativeMethods.matchport_client_shutdown(client, withinMilliseconds));
                wanted = emptied ?? (emptied = new TaskCompletionSource<bool>(taskOptions));
            }
            TellWhenEmptied();
            Signal();
            return wanted.Task;
        }

        internal void TestFault()
        {
            Check(Call(NativeMethods.matchport_client_test_fault));
        }

        public void Dispose()
        {
            lock (gate)
            {
                if (isClosed)
                {
                    return;
                }
                isClosed = true;
                if (host == null)
                {
                    // Whoever waits holds the handle: the client is freed when the wait has ended. A wake that comes
                    // before the wait counts too, and after it the thread sees that the client is closed.
                    NativeMethods.matchport_client_wake(client);
                }
            }
            handle.Dispose();
            Signal();
            if (host != null)
            {
                host.Close();
            }
            FailAll(MatchportStatus.ShutDown, "the client was disposed before the operation had ended");
        }

        private unsafe void Begin(Operation operation, BeginCall begin)
        {
            using (NativeArena arena = new NativeArena())
            {
                lock (gate)
                {
                    ThrowIfClosed();
                    if (host != null)
                    {
                        host.TellTime(client);
                        host.AddEntropy(client);
                    }
                    ulong id = 0;
                    MatchportStatus status = begin(client, arena, &id);
                    if ((int)status >= 100)
                    {
                        throw Refusal(status);
                    }
                    operation.Id = id;
                    operations.Add(id, operation);
                }
            }
        }

        private void Cancel(object operation)
        {
            lock (gate)
            {
                if (isClosed)
                {
                    return;
                }
                if (host != null)
                {
                    host.TellTime(client);
                }
                // One that has just ended by itself is unknown by now, which is fine.
                NativeMethods.matchport_client_cancel(client, ((Operation)operation).Id);
            }
            Signal();
        }

        private void Tick()
        {
            lock (gate)
            {
                ThrowIfClosed();
                Check(host == null ? NativeMethods.matchport_client_tick(client) : host.TellTime(client));
            }
        }

        private unsafe void TakeEvents()
        {
            NativeEvent** events = stackalloc NativeEvent*[EventsAtOnce];
            while (true)
            {
                UIntPtr count = UIntPtr.Zero;
                lock (gate)
                {
                    ThrowIfClosed();
                    MatchportStatus status =
                        NativeMethods.matchport_client_next_events(client, events, (UIntPtr)EventsAtOnce, &count);
                    Check(status);
                    if (status == MatchportStatus.Empty)
                    {
                        return;
                    }
                }
                for (int i = 0; i < (int)count; i++)
                {
                    Dispatch(events[i]);
                }
            }
        }

        private unsafe void Dispatch(NativeEvent* @event)
        {
            bool isLast = @event->Kind >= 100;
            Operation operation;
            lock (gate)
            {
                if (!operations.TryGetValue(@event->Operation, out operation))
                {
                    return;
                }
                if (isLast)
                {
                    operations.Remove(@event->Operation);
                }
            }
            if (isLast)
            {
                operation.End(@event);
                TellWhenEmptied();
                return;
            }
            Operation.Verdict verdict = operation.Take(@event);
            if (verdict == Operation.Verdict.TicketNotKept)
            {
                MatchportStatus status =
                    Call(client => NativeMethods.matchport_client_ticket_not_kept(client, operation.Id));
                verdict = status == MatchportStatus.Ok ? Operation.Verdict.GoOn : Operation.Verdict.Cancel;
            }
            if (verdict == Operation.Verdict.Cancel)
            {
                Cancel(operation);
            }
        }

        private void TellWhenEmptied()
        {
            TaskCompletionSource<bool> ended = null;
            lock (gate)
            {
                if (operations.Count == 0)
                {
                    ended = emptied;
                }
            }
            if (ended != null)
            {
                ended.TrySetResult(true);
            }
        }

        private void FailAll(MatchportStatus status, string message)
        {
            List<Operation> left;
            lock (gate)
            {
                left = new List<Operation>(operations.Values);
                operations.Clear();
            }
            foreach (Operation operation in left)
            {
                operation.Fail(status, message);
            }
            TellWhenEmptied();
        }

        private MatchportException Refusal(MatchportStatus status)
        {
            string message = Views.Text(NativeMethods.matchport_client_last_message(client));
            return NativeClient.Refusal(status, message);
        }

        private void ThrowIfClosed()
        {
            if (isClosed)
            {
                throw new ObjectDisposedException("MatchportClient");
            }
        }
    }
}
