/* What the emulator's TCP says of a connection, by the names that Linux's TCP_INFO and TCP_CC_INFO have. */
#include "tests/script/script.h"

#include <string.h>

#include "transport/tcp/tcp.h"
#include "transport/tcp/info.h"

struct field {
	const char *name;
	int64_t value;
};

static int find(const struct field *f, size_t n, const char *name, int64_t *value)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].name, name) == 0) {
			*value = f[i].value;
			return 0;
		}
	return -1;
}

/* Linux's names of these are tcpvegas_, dctcp_ and bbr_; bbr_bw is one number here. */
static int control_get(const struct tcp *tp, const char *name, int64_t *value)
{
	union tcp_cc_info c;

	if (!tp->icsk_ca_ops->get_info || !tp->icsk_ca_ops->get_info(tp, &c))
		return -1;
	const struct field vegas[] = {
		{"tcpv_rttcnt", c.vegas.rttcnt}, {"tcpv_rtt", c.vegas.rtt},
		{"tcpv_minrtt", c.vegas.minrtt},
	};
	const struct field dctcp[] = {
		{"dctcp_ce_state", c.dctcp.ce_state}, {"dctcp_alpha", c.dctcp.alpha},
		{"dctcp_ab_ecn", c.dctcp.ab_ecn}, {"dctcp_ab_tot", c.dctcp.ab_tot},
	};
	const struct field bbr[] = {
		{"bbr_bw", (int64_t)c.bbr.bw}, {"bbr_min_rtt", c.bbr.min_rtt},
		{"bbr_pacing_gain", c.bbr.pacing_gain}, {"bbr_cwnd_gain", c.bbr.cwnd_gain},
	};
	const char *is = tp->icsk_ca_ops->name;

	if (strcmp(is, "vegas") == 0)
		return find(vegas, sizeof(vegas) / sizeof(*vegas), name, value);
	if (strcmp(is, "dctcp") == 0)
		return find(dctcp, sizeof(dctcp) / sizeof(*dctcp), name, value);
	if (strcmp(is, "bbr") == 0)
		return find(bbr, sizeof(bbr) / sizeof(*bbr), name, value);
	return -1;
}

int info_get(const struct socket *s, const char *name, int64_t *value)
{
	struct tcp_info i;

	if (tcp_info_get(s, &i))
		return -1;
#define F(x) {#x, (int64_t)i.x}
	const struct field fields[] = {
		F(tcpi_state), F(tcpi_ca_state), F(tcpi_retransmits), F(tcpi_probes),
		F(tcpi_backoff), F(tcpi_options), F(tcpi_snd_wscale), F(tcpi_rcv_wscale),
		F(tcpi_fastopen_client_fail),
		F(tcpi_delivery_rate_app_limited), F(tcpi_rto), F(tcpi_ato), F(tcpi_snd_mss),
		F(tcpi_rcv_mss), F(tcpi_unacked), F(tcpi_sacked), F(tcpi_lost), F(tcpi_retrans),
		F(tcpi_pmtu), F(tcpi_rcv_ssthresh), F(tcpi_rtt), F(tcpi_rttvar),
		F(tcpi_snd_ssthresh), F(tcpi_snd_cwnd), F(tcpi_advmss), F(tcpi_reordering),
		F(tcpi_rcv_rtt), F(tcpi_rcv_space), F(tcpi_total_retrans), F(tcpi_pacing_rate),
		F(tcpi_max_pacing_rate), F(tcpi_bytes_acked), F(tcpi_bytes_received),
		F(tcpi_segs_out), F(tcpi_segs_in), F(tcpi_notsent_bytes), F(tcpi_min_rtt),
		F(tcpi_data_segs_in), F(tcpi_data_segs_out), F(tcpi_delivery_rate),
		F(tcpi_delivered), F(tcpi_delivered_ce), F(tcpi_bytes_sent),
		F(tcpi_bytes_retrans), F(tcpi_dsack_dups), F(tcpi_reord_seen),
		F(tcpi_busy_time), F(tcpi_rwnd_limited),
		F(tcpi_sndbuf_limited), F(tcpi_rcv_ooopack), F(tcpi_last_data_sent),
		F(tcpi_last_data_recv), F(tcpi_last_ack_recv),
	};
#undef F
	if (find(fields, sizeof(fields) / sizeof(*fields), name, value) == 0)
		return 0;
	return control_get((const struct tcp *)s, name, value);
}
