/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the guest off when its power button is pressed, which is what `virsh shutdown` does.
 *
 * systemd leaves the button to logind, which needs D-Bus and udev's rules for input devices. This
 * waits for the key itself, without a timer, and asks process 1 by signal.
 */
#include "macro.h"
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
        BUTTONS_MAX = 8,
        POWER_OFF = 4, /* systemd: SIGRTMIN+4 starts poweroff.target */
};

static bool has_power_key(int fd)
{
        unsigned char keys[KEY_MAX / 8 + 1] = {0};

        return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) >= 0 &&
               keys[KEY_POWER / 8] >> KEY_POWER % 8 & 1;
}

static nfds_t find(struct pollfd buttons[BUTTONS_MAX])
{
        nfds_t n = 0;
        glob_t paths;

        if (glob("/dev/input/event*", 0, NULL, &paths) != 0)
                return 0;
        for (size_t i = 0; i < paths.gl_pathc && n < BUTTONS_MAX; i++) {
                _cleanup_close_ int fd = open(paths.gl_pathv[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);

                if (fd >= 0 && has_power_key(fd))
                        buttons[n++] = (struct pollfd){.fd = STEAL_FD(fd), .events = POLLIN};
        }
        globfree(&paths);
        return n;
}

static bool is_pressed(int fd)
{
        struct input_event event;
        bool pressed = false;

        while (read(fd, &event, sizeof event) == sizeof event)
                pressed |= event.type == EV_KEY && event.code == KEY_POWER && event.value == 1;
        return pressed;
}

int main(void)
{
        struct pollfd buttons[BUTTONS_MAX];
        nfds_t n = find(buttons);

        if (n == 0) {
                fprintf(stderr, "power-button: no input device with a power key\n");
                return 1;
        }
        if (notify_send("READY=1") < 0)
                fprintf(stderr, "power-button: cannot tell process 1 that it is ready\n");
        for (;;) {
                if (poll(buttons, n, -1) < 0) {
                        fprintf(stderr, "power-button: poll: %s\n", strerror(errno));
                        return 1;
                }
                for (nfds_t i = 0; i < n; i++) {
                        if (buttons[i].revents & (POLLERR | POLLHUP)) {
                                fprintf(stderr, "power-button: an input device is gone\n");
                                return 1; /* process 1 starts it again */
                        }
                        if (buttons[i].revents && is_pressed(buttons[i].fd) &&
                                kill(1, SIGRTMIN + POWER_OFF) < 0)
                                fprintf(stderr, "power-button: cannot ask process 1: %s\n",
                                        strerror(errno));
                }
        }
}
