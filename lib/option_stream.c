/* TCP_INFO and TCP_CONGESTION. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lib/option.h"
#include "transport/stream.h"
#include "transport/tcp/info.h"

#define TCP_CA_NAME_MAX 16

/* The engine's struct is given as it lies in memory: its layout is the one of Linux's headers. */
static_assert(offsetof(struct tcp_info, tcpi_rto) == 8, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_rtt) == 68, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_total_retrans) == 100, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_pacing_rate) == 104, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_min_rtt) == 148, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_delivery_rate) == 160, "Linux's layout");
static_assert(offsetof(struct tcp_info, tcpi_bytes_sent) == 200, "Linux's layout");
static_assert(sizeof(struct tcp_info) == 232, "Linux's layout");

int option_tcp_info(struct descriptor *d, void *value, socklen_t *len)
{
	struct tcp_info info;
	int err = tcp_info_get(d->socket, &info);

	return err ? err : option_give(&info, sizeof(info), value, len);
}

int option_get_congestion(struct descriptor *d, void *value, socklen_t *len)
{
	char name[TCP_CA_NAME_MAX] = "";

	strncpy(name, stream_congestion(d->socket), sizeof(name) - 1);
	return option_give(name, sizeof(name), value, len);
}

int option_set_congestion(struct descriptor *d, const void *value, socklen_t len)
{
	char name[TCP_CA_NAME_MAX] = "";

	if (len < 1)
		return -EINVAL;
	memcpy(name, value, len < sizeof(name) ? len : sizeof(name) - 1);
	return stream_set_congestion(d->socket, name);
}
