// What a call costs from C#: waits for the name of a loop and how often, runs it, and says so, until its input ends. The bench
// measures the time between.

using System;
using System.Runtime.InteropServices;

internal static unsafe class PInvoke
{
    [DllImport("matchport_bench_empty", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern int matchport_bench_empty(IntPtr first, void** second);

    [DllImport("matchport", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern int matchport_client_next_event(IntPtr client, void** @event);

    [DllImport("matchport_bench_calls", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern IntPtr matchport_bench_client();

    private static int Main()
    {
        IntPtr client = matchport_bench_client();
        if (client == IntPtr.Zero)
        {
            return 1;
        }
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            string[] words = line.Split(' ');
            int times = int.Parse(words[1]);
            if (words[0] == "empty")
            {
                LoopEmpty(client, times);
            }
            else
            {
                LoopNextEvent(client, times);
            }
            Console.WriteLine("done");
        }
        return 0;
    }

    private static void LoopEmpty(IntPtr client, int times)
    {
        void* nothing;
        for (int i = 0; i < times; i++)
        {
            matchport_bench_empty(client, &nothing);
        }
    }

    private static void LoopNextEvent(IntPtr client, int times)
    {
        void* nothing;
        for (int i = 0; i < times; i++)
        {
            matchport_client_next_event(client, &nothing);
        }
    }
}
