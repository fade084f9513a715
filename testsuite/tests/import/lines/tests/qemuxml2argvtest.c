#include <config.h>

#include "testutils.h"

#ifdef WITH_QEMU

# include "testutilsqemu.h"

static virQEMUDriver driver;

static int
testCompare(const void *data)
{
    /* what is done with a case is not read */
    return data ? 0 : -1;
}

static int
mymain(void)
{
    int ret = 0;
    g_autoptr(GHashTable) capslatest = NULL;

    if (qemuTestDriverInit(&driver) < 0)
        return EXIT_FAILURE;

    driver.privileged = true;
    VIR_FREE(driver.config->vncTLSx509certdir);
    driver.config->vncTLSx509certdir = g_strdup("/etc/pki/libvirt-vnc");
    VIR_FREE(driver.config->hugetlbfs);
    driver.config->hugetlbfs = g_new0(virHugeTLBFS, 1);
    driver.config->nhugetlbfs = 2;
    driver.config->hugetlbfs[0].deflt = true;
    driver.config->spiceTLS = 1;

    if (!(capslatest = testQemuGetLatestCaps()))
        return EXIT_FAILURE;

# define RUN(_name, _suffix, ...) \
    do { \
        static struct testQemuInfo info = { \
            .name = _name, \
        }; \
        if (testQemuInfoSetArgs(&info, capslatest, \
                                __VA_ARGS__, ARG_END) < 0) \
            return EXIT_FAILURE; \
        testInfoSetPaths(&info, _suffix); \
        if (virTestRun("CASE " _name _suffix, testCompare, &info) < 0) \
            ret = -1; \
        testQemuInfoClear(&info); \
    } while (0)

# define DO_TEST_CAPS(name, arch, ver) \
    RUN(name, "." arch "-" ver, ARG_CAPS_ARCH, arch, ARG_CAPS_VER, ver, ARG_END)

# define DO_TEST_FULL(name, ...) \
    RUN(name, "", __VA_ARGS__, QEMU_CAPS_LAST)

# define DO_TEST(name, ...) \
    DO_TEST_FULL(name, ARG_QEMU_CAPS, __VA_ARGS__)

# define DO_TEST_GIC(name, gic, ...) \
    DO_TEST_FULL(name, ARG_GIC, gic, ARG_QEMU_CAPS, __VA_ARGS__)

# define DO_TEST_PARSE_ERROR(name, ...) \
    DO_TEST_FULL(name, \
                 ARG_FLAGS, FLAG_EXPECT_PARSE_ERROR | FLAG_EXPECT_FAILURE, \
                 ARG_QEMU_CAPS, __VA_ARGS__)

# define DO_TEST_FAILURE(name, ...) \
    DO_TEST_FULL(name, \
                 ARG_FLAGS, FLAG_EXPECT_FAILURE, \
                 ARG_QEMU_CAPS, __VA_ARGS__)

# define NONE QEMU_CAPS_LAST

    g_setenv("PATH", "/bin", TRUE);
    g_unsetenv("TMPDIR");

    DO_TEST("plain", NONE);
    DO_TEST("random",
            QEMU_CAPS_OBJECT_RNG_RANDOM,
            QEMU_CAPS_DEVICE_VIRTIO_RNG);
    DO_TEST_FAILURE("random", NONE);
    DO_TEST_CAPS("plain", "x86_64", "latest");
    DO_TEST_PARSE_ERROR("wrong", NONE);

    driver.config->vncSASL = driver.config->dumpGuestCore = true;
    VIR_FREE(driver.config->vncTLSx509certdir);
    DO_TEST_FULL("plain", ARG_FLAGS, FLAG_SKIP_LEGACY_CPUS,
                 ARG_PARSEFLAGS, VIR_DOMAIN_DEF_PARSE_ABI_UPDATE,
                 ARG_MIGRATE_FROM, "fd:7", ARG_MIGRATE_FD, 7,
                 ARG_QEMU_CAPS, NONE);
    driver.config->vncSASL = driver.config->dumpGuestCore = 0;

    qemuTestSetHostArch(&driver, VIR_ARCH_AARCH64);
    DO_TEST_GIC("plain", GIC_V2, NONE);
    DO_TEST_CAPS("plain", OTHER_ARCH, "5.2.0");
    qemuTestSetHostArch(&driver, VIR_ARCH_NONE);

    qemuTestSetHostCPU(&driver, driver.hostarch, cpuHaswell);
    g_setenv("QEMU_AUDIO_DRV", "alsa", TRUE);
    DO_TEST("plain", NONE);
    g_unsetenv("QEMU_AUDIO_DRV");
    qemuTestSetHostCPU(&driver, driver.hostarch, NULL);

    if (getenv("KEEP") == NULL)
        virFileDeleteTree(fakerootdir);
    qemuTestDriverFree(&driver);

    return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

VIR_TEST_MAIN(mymain)

#else

int main(void)
{
    DO_TEST("not built");
}

#endif /* WITH_QEMU */
