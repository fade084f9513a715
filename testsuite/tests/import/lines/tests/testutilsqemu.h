#pragma once

#include "elsewhere.h"

enum {
    GIC_NONE = 0,
    GIC_V2,
};

#define OTHER_ARCH "aarch64"
