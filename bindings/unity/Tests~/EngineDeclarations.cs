// FOR TESTS ONLY. Declarations of the few engine types that the package uses, so that its code can be compiled where there is
// no Unity. They do nothing, and no program is made with them.

using System;

namespace UnityEngine
{
    public class Object
    {
        public static void DontDestroyOnLoad(Object target)
        {
            throw new NotSupportedException();
        }
    }

    public class Component : Object
    {
    }

    public class Behaviour : Component
    {
        public bool enabled { get; set; }
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public sealed class GameObject : Object
    {
        public GameObject(string name)
        {
            throw new NotSupportedException();
        }

        public T AddComponent<T>() where T : Component
        {
            throw new NotSupportedException();
        }
    }

    public static class Debug
    {
        public static void Log(object message)
        {
            throw new NotSupportedException();
        }

        public static void LogException(Exception exception, Object context)
        {
            throw new NotSupportedException();
        }
    }

    public class AsyncOperation
    {
        public event Action<AsyncOperation> completed
        {
            add { throw new NotSupportedException(); }
            remove { throw new NotSupportedException(); }
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }
}

namespace UnityEngine.Networking
{
    public class UnityWebRequestAsyncOperation : AsyncOperation
    {
    }

    public class UploadHandler : IDisposable
    {
        public void Dispose()
        {
        }
    }

    public sealed class UploadHandlerRaw : UploadHandler
    {
        public UploadHandlerRaw(byte[] data)
        {
            throw new NotSupportedException();
        }
    }

    public class DownloadHandler : IDisposable
    {
        public void Dispose()
        {
        }

        protected virtual bool ReceiveData(byte[] data, int dataLength)
        {
            throw new NotSupportedException();
        }
    }

    public class DownloadHandlerScript : DownloadHandler
    {
        public DownloadHandlerScript(byte[] preallocatedBuffer)
        {
            throw new NotSupportedException();
        }
    }

    public class UnityWebRequest : IDisposable
    {
        public enum Result
        {
            InProgress,
            Success,
            ConnectionError,
            ProtocolError,
            DataProcessingError,
        }

        public UnityWebRequest(string url, string method)
        {
            throw new NotSupportedException();
        }

        public int redirectLimit { get; set; }

        public UploadHandler uploadHandler { get; set; }

        public DownloadHandler downloadHandler { get; set; }

        public Result result
        {
            get { throw new NotSupportedException(); }
        }

        public long responseCode
        {
            get { throw new NotSupportedException(); }
        }

        public string error
        {
            get { throw new NotSupportedException(); }
        }

        public void SetRequestHeader(string name, string value)
        {
            throw new NotSupportedException();
        }

        public string GetResponseHeader(string name)
        {
            throw new NotSupportedException();
        }

        public UnityWebRequestAsyncOperation SendWebRequest()
        {
            throw new NotSupportedException();
        }

        public void Abort()
        {
            throw new NotSupportedException();
        }

        public void Dispose()
        {
        }
    }
}
