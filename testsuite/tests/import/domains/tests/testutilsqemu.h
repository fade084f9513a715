#define TEST_TPM_ENV_VAR "MOCK_TPM"
#define TPM_VER "2.0"
