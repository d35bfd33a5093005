// Declarations of those engine types, and of those members, that the plugin uses, written down from the engine's public
// documentation. NOT the engine: nothing here works, and that the plugin compiles against it says that it is valid C++, no
// more. Every header of the engine that the plugin includes is a line beside this file that includes it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// As the engine's headers do, so that names of the C++ header that would meet these macros show.
#define check(expression) ((void)(expression))
#define verify(expression) ((void)(expression))
#define ensure(expression) (!!(expression))
#define TEXT(text) u##text
#define PI (3.14f)
#define UE_LOG(category, verbosity, format, ...) ((void)sizeof(LogText(format, __VA_ARGS__)))
#define DEFINE_LOG_CATEGORY_STATIC(category, verbosity, compiled) static_assert(true, "")
#define THIRD_PARTY_INCLUDES_START
#define THIRD_PARTY_INCLUDES_END
#define PLATFORM_WINDOWS 1
#define UCLASS(...)
#define USTRUCT(...)
#define UPROPERTY(...)
#define UFUNCTION(...)
#define GENERATED_BODY()
#define MATCHPORT_API
#define IMPLEMENT_MODULE(type, name) extern "C" IModuleInterface* InitializeModule_##name() { return new type(); }

using uint8 = std::uint8_t;
using int32 = std::int32_t;
using int64 = std::int64_t;
using uint32 = std::uint32_t;
using uint64 = std::uint64_t;
using TCHAR = char16_t;

template <typename... Arguments> int LogText(const TCHAR*, Arguments...);

template <typename T> struct TRemoveReference { using Type = T; };
template <typename T> struct TRemoveReference<T&> { using Type = T; };
template <typename T> typename TRemoveReference<T>::Type&& MoveTemp(T&& Value) { return static_cast<typename TRemoveReference<T>::Type&&>(Value); }

class FString
{
public:
	FString();
	FString(const TCHAR* Text);
	const TCHAR* operator*() const;
	bool IsEmpty() const;
	int32 Len() const;
	void AppendChars(const TCHAR* Text, int32 Count);
};

class FTCHARToUTF8
{
public:
	explicit FTCHARToUTF8(const TCHAR* Text);
	const char* Get() const;
	int32 Length() const;
};

class FUTF8ToTCHAR
{
public:
	FUTF8ToTCHAR(const char* Text, int32 Length);
	const TCHAR* Get() const;
	int32 Length() const;
};

template <typename T> class TArray
{
public:
	const T* GetData() const;
	int32 Num() const;
	void Append(const T* First, int32 Count);
	int32 Add(const T& Value);
	const T* begin() const;
	const T* end() const;
};

template <typename K, typename V> struct TPair
{
	K Key;
	V Value;
};

template <typename K, typename V> class TMap
{
public:
	V& Add(const K& Key, const V& Value);
	int32 Remove(const K& Key);
	bool RemoveAndCopyValue(const K& Key, V& Value);
	const TPair<K, V>* begin() const;
	const TPair<K, V>* end() const;
};

enum class ESPMode : uint8 { NotThreadSafe, ThreadSafe };

template <typename T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedRef
{
public:
	TSharedRef(const TSharedRef&);
	~TSharedRef();
	template <typename Derived> TSharedRef(const TSharedRef<Derived, Mode>& Other)
	{
		static_assert(static_cast<T*>(static_cast<Derived*>(nullptr)) == nullptr);
		static_cast<void>(Other);
	}
	T* operator->() const;
	T& operator*() const;
};

template <typename T, ESPMode Mode = ESPMode::ThreadSafe> class TSharedPtr
{
public:
	TSharedPtr();
	~TSharedPtr();
	TSharedPtr(const TSharedPtr&);
	TSharedPtr& operator=(const TSharedPtr&);
	TSharedPtr(const TSharedRef<T, Mode>& Other);
	bool IsValid() const;
	T* Get() const;
	T* operator->() const;
	T& operator*() const;
	void Reset();
};

template <typename T, ESPMode Mode = ESPMode::ThreadSafe, typename... Arguments> TSharedRef<T, Mode> MakeShared(Arguments&&... From)
{
	// Never run: only whether a T can be made of these.
	static_cast<void>(sizeof(T(static_cast<Arguments&&>(From)...)));
	std::abort();
}

class UObject
{
public:
	virtual ~UObject();
};

template <typename T> class TObjectPtr
{
public:
	TObjectPtr& operator=(T* Object);
	operator T*() const;
};

template <typename T> class TWeakObjectPtr
{
public:
	explicit TWeakObjectPtr(T* Object);
	T* Get() const;
};

template <typename T> T* NewObject();

class FSubsystemCollectionBase;

class UGameInstanceSubsystem : public UObject
{
public:
	virtual void Initialize(FSubsystemCollectionBase& Collection);
	virtual void Deinitialize();
};

class UGameInstance : public UObject
{
public:
	template <typename T> T* GetSubsystem() const;
};

class UWorld : public UObject
{
public:
	UGameInstance* GetGameInstance() const;
};

enum class EGetWorldErrorMode { ReturnNull, LogAndReturnNull, Assert };

class UEngine : public UObject
{
public:
	UWorld* GetWorldFromContextObject(const UObject* Object, EGetWorldErrorMode Mode) const;
};
extern UEngine* GEngine;

class UBlueprintAsyncActionBase : public UObject
{
public:
	virtual void Activate();
	void RegisterWithGameInstance(UGameInstance* GameInstance);
	virtual void SetReadyToDestroy();
};

class AActor : public UObject
{
public:
	virtual void BeginPlay();
	UGameInstance* GetGameInstance() const;
};

template <typename... Arguments> struct TDynamicMulticastDelegate
{
	void Broadcast(Arguments... From) const;
};
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(name, type1, parameter1) using name = TDynamicMulticastDelegate<type1>
#define DECLARE_DYNAMIC_MULTICAST_DELEGATE_TwoParams(name, type1, parameter1, type2, parameter2) \
	using name = TDynamicMulticastDelegate<type1, type2>

template <typename Signature> class TDelegate;
template <typename R, typename... Arguments> class TDelegate<R(Arguments...)>
{
public:
	template <typename Class> static TDelegate CreateUObject(Class* Object, R (Class::*Method)(Arguments...));
	template <typename Function> void BindLambda(Function&& Callback)
	{
		// Never run: only whether it can be called so.
		R (*const Call)(Function&, Arguments...) = [](Function& Called, Arguments... From) -> R { return Called(From...); };
		static_cast<void>(Call);
		static_cast<void>(Callback);
	}
	void Unbind();
};
using FTickerDelegate = TDelegate<bool(float)>;

class FTSTicker
{
public:
	class FDelegateHandle {};
	static FTSTicker& GetCoreTicker();
	FDelegateHandle AddTicker(const FTickerDelegate& Delegate, float Delay = 0.0f);
	static void RemoveTicker(FDelegateHandle Handle);
};

class FArchive
{
public:
	FArchive();
	virtual ~FArchive();
	virtual void Serialize(void* Data, int64 Length);
};

class IHttpResponse
{
public:
	virtual ~IHttpResponse();
	virtual int32 GetResponseCode() const = 0;
	virtual FString GetHeader(const FString& Name) const = 0;
	virtual const TArray<uint8>& GetContent() const = 0;
};
using FHttpResponsePtr = TSharedPtr<IHttpResponse, ESPMode::ThreadSafe>;

class IHttpRequest;
using FHttpRequestPtr = TSharedPtr<IHttpRequest, ESPMode::ThreadSafe>;
using FHttpRequestCompleteDelegate = TDelegate<void(FHttpRequestPtr, FHttpResponsePtr, bool)>;
using FHttpRequestStatusCodeReceivedDelegate = TDelegate<void(FHttpRequestPtr, int32)>;

class IHttpRequest
{
public:
	virtual ~IHttpRequest();
	virtual void SetURL(const FString& Url) = 0;
	virtual void SetVerb(const FString& Verb) = 0;
	virtual void SetHeader(const FString& Name, const FString& Value) = 0;
	virtual void SetContent(const TArray<uint8>& Content) = 0;
	virtual bool SetResponseBodyReceiveStream(TSharedRef<FArchive> Stream) = 0;
	virtual FHttpRequestCompleteDelegate& OnProcessRequestComplete() = 0;
	virtual FHttpRequestStatusCodeReceivedDelegate& OnStatusCodeReceived() = 0;
	virtual bool ProcessRequest() = 0;
	virtual void CancelRequest() = 0;
};

class FHttpModule
{
public:
	static FHttpModule& Get();
	TSharedRef<IHttpRequest, ESPMode::ThreadSafe> CreateRequest();
};

struct FPlatformTime
{
	static double Seconds();
};

struct FPlatformProcess
{
	static void* GetDllHandle(const TCHAR* Path);
	static void FreeDllHandle(void* Handle);
};

struct FPaths
{
	static FString Combine(const FString& First, const TCHAR* Second);
};

class IPlugin
{
public:
	virtual ~IPlugin();
	virtual const FString& GetBaseDir() const = 0;
};

class IPluginManager
{
public:
	virtual ~IPluginManager();
	static IPluginManager& Get();
	virtual TSharedPtr<IPlugin> FindPlugin(const FString& Name) = 0;
};

class IModuleInterface
{
public:
	virtual ~IModuleInterface();
	virtual void StartupModule();
	virtual void ShutdownModule();
};
