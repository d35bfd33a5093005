// Lets a client do its work once a frame, so that everything happens on the main thread.

using System;
using UnityEngine;

namespace Matchport.Unity
{
    /// <summary>Owns a client and pumps it in Update. Callbacks, and what waits for tasks, run on the main thread.</summary>
    [AddComponentMenu("matchport/Pump")]
    public sealed class MatchportPump : MonoBehaviour
    {
        /// <summary>The client; null before <see cref="Create"/> has made it and after this object was destroyed.</summary>
        public MatchportClient Client { get; private set; }

        /// <summary>
        /// Makes a game object with a client that lives through scene changes. Without a transport the one that is built
        /// into the library is used; <see cref="UnityWebRequestTransport"/> goes through the engine instead.
        /// </summary>
        /// <exception cref="MatchportException">The options were refused.</exception>
        public static MatchportPump Create(ClientOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException("options");
            }
            options.PumpMode = PumpMode.Manual;
            // Before the object, so that a refusal leaves none behind.
            MatchportClient client = new MatchportClient(options);
            GameObject owner = new GameObject("matchport");
            UnityEngine.Object.DontDestroyOnLoad(owner);
            MatchportPump pump = owner.AddComponent<MatchportPump>();
            pump.Client = client;
            return pump;
        }

        private void Update()
        {
            if (Client == null)
            {
                return;
            }
            try
            {
                Client.Pump();
            }
            catch (MatchportException fault)
            {
                // The client is out of use, and every operation of it has failed with the same.
                Debug.LogException(fault, this);
                enabled = false;
            }
        }

        // What is under way fails with a ticket; to leave no server behind, wait for Client.ShutdownAsync() before quitting.
        private void OnDestroy()
        {
            if (Client != null)
            {
                Client.Dispose();
                Client = null;
            }
        }
    }
}
