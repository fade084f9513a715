#pragma once

typedef enum {
    /* 0 */
    X_QEMU_CAPS_GONE, /* what every QEMU has */
    QEMU_CAPS_OBJECT_RNG_RANDOM, /* a source of randomness */
    QEMU_CAPS_DEVICE_VIRTIO_RNG,

    QEMU_CAPS_LAST /* the number of flags */
} virQEMUCapsFlags;
