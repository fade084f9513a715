#ifdef WITH_QEMU

# include "testutilsqemu.h"

static int
mymain(void)
{
    int ret = 0;

# define DO_TEST_FULL(_name, _suffix, ...) \
    testRun(_name, _suffix, &ret, &testConf, __VA_ARGS__);

# define DO_TEST_ARCH_FULL(name, arch, ver, ...) \
    DO_TEST_FULL(name, "." arch "-" ver, \
                 ARG_CAPS_ARCH, arch, ARG_CAPS_VER, ver, __VA_ARGS__, ARG_END)

# define DO_TEST_LATEST(name, ...) \
    DO_TEST_ARCH_FULL(name, "x86_64", "latest", __VA_ARGS__)

    DO_TEST_LATEST("plain", ARG_END);
    DO_TEST_FULL("plain", ".x86_64-latest.abi-update",
                 ARG_CAPS_ARCH, "x86_64", ARG_CAPS_VER, "latest",
                 ARG_PARSEFLAGS, VIR_DOMAIN_DEF_PARSE_ABI_UPDATE, ARG_END);
    DO_TEST_LATEST("plain", ARG_CAPS_VARIANT, "+hvf", ARG_QEMU_CAPS_DEL,
                   QEMU_CAPS_OBJECT_RNG_RANDOM, QEMU_CAPS_LAST);
    DO_TEST_LATEST("plain", ARG_FLAGS, FLAG_EXPECT_FAILURE,
                   ARG_CAPS_HOST_CPU_MODEL, QEMU_CPU_DEF_HASWELL);
    DO_TEST_LATEST("absent", ARG_FLAGS, FLAG_EXPECT_PARSE_ERROR | FLAG_ALLOW_MISSING_INPUT);
    DO_TEST_LATEST("plain", ARG_FD_GROUP, "a", false, 2, 200, 205,
                   ARG_FD_GROUP, "b", true, 1, 208, ARG_VDPA_FD, "/dev/vhost-vdpa-0", 201,
                   ARG_NBDKIT_CAPS, QEMU_NBDKIT_CAPS_PLUGIN_SSH, QEMU_NBDKIT_CAPS_LAST, ARG_END);
    setenv(TEST_TPM_ENV_VAR, TPM_VER, true);
    DO_TEST_LATEST("plain", ARG_END);
    unsetenv(TEST_TPM_ENV_VAR);
    driver.config->storageUseNbdkit = 1;
    DO_TEST_LATEST("plain", ARG_END);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
