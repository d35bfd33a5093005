#include "EngineDeclarations.h"
