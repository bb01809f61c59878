#include "core/spec_json.h"
