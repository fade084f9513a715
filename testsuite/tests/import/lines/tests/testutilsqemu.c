#include "testutilsqemu.h"

int
qemuTestDriverInit(virQEMUDriver *driver)
{
    if (!(driver->config = virQEMUDriverConfigNew(false, NULL)))
        goto error;

    VIR_FREE(driver->config->libDir);
    driver->config->libDir = g_strdup("/srv/lib");
    driver->config->stateDir = g_strdup(statedir);
    return 0;

 error:
    return -1;
}
