#include "qemu_capabilities.h"

VIR_ENUM_IMPL(virQEMUCaps,
              QEMU_CAPS_LAST,
              /* 0 */
              "gone",
              "rng-random",
              "virtio-rng",
);
