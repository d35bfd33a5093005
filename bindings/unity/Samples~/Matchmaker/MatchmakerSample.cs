// Put this on an object of an empty scene, start `matchport emulator`, and press Play: it finds a server for a match of two
// and prints where the players connect. Leaving play mode cancels it.

using System;
using System.Threading;
using Matchport;
using Matchport.Unity;
using UnityEngine;

public sealed class MatchmakerSample : MonoBehaviour
{
    [SerializeField] private string environment = "local";
    [SerializeField] private string image = "demo";

    // Set it from your secrets, not in the scene. The emulator's is "local".
    private string token = "local";
    private readonly CancellationTokenSource leaving = new CancellationTokenSource();
    private MatchportPump pump;

    private async void Start()
    {
        try
        {
            ClientOptions options = new ClientOptions(environment, token);
            options.Transport = new UnityWebRequestTransport();
            pump = MatchportPump.Create(options);
            AllocateRequest match = new AllocateRequest(image);
            match.Players.Add(new Player("ann", new Latency("eu-west-1", 23), new Latency("us-east-1", 95)));
            match.Players.Add(new Player("bob", new Latency("eu-west-1", 31), new Latency("us-east-1", 88)));
            Progress<AllocationProgress> progress = new Progress<AllocationProgress>(step => Debug.Log(step.Step));
            Allocation server = await pump.Client.AllocateAsync(match, progress, leaving.Token);
            Debug.Log("players connect to " + server.Endpoint + " in " + server.Location);
        }
        catch (OperationCanceledException)
        {
            Debug.Log("cancelled");
        }
        catch (MatchportException fault)
        {
            Debug.LogException(fault, this);
        }
    }

    private void OnDestroy()
    {
        leaving.Cancel();
        leaving.Dispose();
    }
}
