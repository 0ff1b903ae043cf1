/* Steps 2 and 5: reads the capabilities once, and requires exactly those that
 * the tier needs.  identity.c has them raised for three calls, and given up.
 *
 * Privileged.  The only file that uses libcap (which allocates; no other step
 * does).  AT_SECURE is not consulted: under no_new_privs and under ptrace it
 * is 1 although no capability was granted (verified on Linux 6.18). */
#include "launcher/launcher.h"

#include <errno.h>
#include <sys/capability.h>

static const cap_value_t needed[] = {CAP_SETUID, CAP_SETGID};
#define NEEDED_COUNT ((int)(sizeof(needed) / sizeof(needed[0])))

static cap_t held;

static cap_t
make_set(const cap_flag_t *flags, int count)
{
    cap_t set = cap_init();
    if (set == NULL) {
        die(STAGE_CAPABILITIES);
    }
    for (int i = 0; i < count; i++) {
        if (cap_set_flag(set, flags[i], NEEDED_COUNT, needed, CAP_SET) != 0) {
            die(STAGE_CAPABILITIES);
        }
    }
    return set;
}

void
capabilities_read(void)
{
    held = cap_get_proc();
    if (held == NULL) {
        die(STAGE_CAPABILITIES);
    }
}

static bool
holds_needed(void)
{
    for (int i = 0; i < NEEDED_COUNT; i++) {
        cap_flag_value_t value = CAP_CLEAR;
        if (cap_get_flag(held, needed[i], CAP_PERMITTED, &value) != 0 ||
            value != CAP_SET) {
            return false;
        }
    }
    return true;
}

/* Root's other capabilities are dropped with the raise; anybody else who has
 * more, or less, than the file grants is a surprise. */
void
capabilities_require(enum order_tier tier, const struct origin *origin)
{
    static const cap_flag_t permitted[] = {CAP_PERMITTED};
    bool takes_uid = order_tier_takes_uid(tier);

    if (takes_uid && !holds_needed()) {
        die_with(STAGE_CAPABILITIES, EPERM, 0);
    }
    cap_t expected = make_set(permitted, takes_uid ? 1 : 0);
    if (!(takes_uid && origin->uid == 0) && cap_compare(held, expected) != 0) {
        die_with(STAGE_CAPABILITIES, ENOTRECOVERABLE, 0);
    }
    (void)cap_free(expected);
}

void
capabilities_forget(void)
{
    cap_t empty = make_set(NULL, 0);
    if (cap_set_proc(empty) != 0) {
        die(STAGE_CAPSET);
    }
    (void)cap_free(empty);
}

/* From here on the two are permitted and effective, and nothing else is.
 * identity.c also asks by this whether they could be had again. */
bool
capabilities_raise(void)
{
    static const cap_flag_t both[] = {CAP_PERMITTED, CAP_EFFECTIVE};
    cap_t set = make_set(both, 2);
    bool raised = cap_set_proc(set) == 0;
    (void)cap_free(set);
    return raised;
}
