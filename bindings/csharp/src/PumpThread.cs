// The background thread that pumps a client whose program has no frame loop.

using System;
using System.Threading;
using Matchport.Native;

namespace Matchport
{
    internal sealed unsafe class PumpThread
    {
        // Only a bound: something to do ends a wait at once.
        private const ulong LongestWaitMilliseconds = 60000;

        private readonly ClientCore core;
        private readonly ClientHandle handle;
        private readonly bool isHost;
        private readonly Thread thread;
        private readonly AutoResetEvent signal = new AutoResetEvent(false);

        internal PumpThread(ClientCore core, ClientHandle handle, bool isHost)
        {
            this.core = core;
            this.handle = handle;
            this.isHost = isHost;
            thread = new Thread(Run);
            thread.IsBackground = true;
            thread.Name = "matchport pump";
            thread.Start();
        }

        internal void Signal()
        {
            if (isHost)
            {
                signal.Set();
                return;
            }
            Hold(client => NativeMethods.matchport_client_wake(client));
        }

        internal bool HasEnded(TimeSpan within)
        {
            return thread.Join(within);
        }

        private void Run()
        {
            // A handle counts as open as long as anybody holds it, so that it can't tell when to end.
            while (!core.IsClosed && Wait())
            {
                try
                {
                    core.Pump();
                }
                catch (MatchportException)
                {
                    // Every operation has been failed with it, and the next call of the caller's says it again.
                    return;
                }
            }
        }

        /// <summary>False when the client is gone.</summary>
        private bool Wait()
        {
            if (!isHost)
            {
                MatchportStatus status =
                    Hold(client => NativeMethods.matchport_client_wait(client, LongestWaitMilliseconds));
                return (int)status < 100;
            }
            ulong wait = LongestWaitMilliseconds;
            try
            {
                core.Call(delegate(IntPtr client)
                {
                    ulong due;
                    MatchportStatus status = NativeMethods.matchport_client_next_deadline(client, &due);
                    if (status == MatchportStatus.Ok)
                    {
                        wait = Math.Min(wait, due);
                    }
                    return status;
                });
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
            signal.WaitOne((int)wait);
            return true;
        }

        /// <summary>A call that goes along with every other, with the handle kept alive meanwhile.</summary>
        private MatchportStatus Hold(Func<IntPtr, MatchportStatus> call)
        {
            bool isHeld = false;
            try
            {
                handle.DangerousAddRef(ref isHeld);
                return call(handle.DangerousGetHandle());
            }
            catch (ObjectDisposedException)
            {
                return MatchportStatus.InvalidHandle;
            }
            finally
            {
                if (isHeld)
                {
                    handle.DangerousRelease();
                }
            }
        }
    }
}
