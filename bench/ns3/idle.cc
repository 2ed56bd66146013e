/* A tree of idle hosts, and a ping across it: bench/idle-100k.yaml. */
#include "peer.h"

#include "ns3/internet-apps-module.h"

using namespace ns3;

static uint32_t g_replies;

static void
CountReply(Time)
{
	g_replies++;
}

int
RunIdle(uint32_t hosts, bool ipv6)
{
	const uint32_t aggs = 10, edgesPerAgg = 10, edges = aggs * edgesPerAgg;
	NodeContainer core(1), agg(aggs), edge(edges), host(hosts);
	PointToPointHelper trunk = MakeLink(10000000000ull, "1ms", "1000p"), access = MakeLink(1000000000, "1ms", "1000p");

	/* Edge e serves the /20 that starts at 10.(e / 10).(16 * (e % 10)).0, in /30s; trunks are /30s of 172.16.0.0/12. */
	InstallStacks(NodeContainer(core, agg, edge, host), ipv6);
	for (uint32_t i = 0; i < aggs; i++) {
		Join(trunk, core.Get(0), agg.Get(i), 0xac100000 + 4 * i, 0x0a000000 + (i << 16), 16, ipv6);
	}
	for (uint32_t e = 0; e < edges; e++) {
		Join(trunk, agg.Get(e / edgesPerAgg), edge.Get(e), 0xac110000 + 4 * e,
		     0x0a000000 + (e / edgesPerAgg << 16) + (e % edgesPerAgg << 12), 20, ipv6);
	}
	uint32_t last = 0;
	for (uint32_t h = 0; h < hosts; h++) {
		uint64_t e = (uint64_t)h * edges / hosts, first = (e * hosts + edges - 1) / edges;

		last = 0x0a000000 + (uint32_t)(e / edgesPerAgg << 16) + (uint32_t)(e % edgesPerAgg << 12) + 4 * (uint32_t)(h - first);
		Join(access, edge.Get((uint32_t)e), host.Get(h), last, 0, 0, ipv6);
	}

	Ptr<V4Ping> ping;
	if (hosts) {
		ping = CreateObject<V4Ping>();
		ping->SetAttribute("Remote", Ipv4AddressValue(Ipv4Address(last + 2)));
		ping->TraceConnectWithoutContext("Rtt", MakeCallback(&CountReply));
		host.Get(0)->AddApplication(ping);
		ping->SetStartTime(Seconds(0));
		ping->SetStopTime(MilliSeconds(500));
	}
	Simulator::Stop(Seconds(1));
	Simulator::Run();
	printf("workload=idle hosts=%u ipv6=%d replies=%u\n", hosts, ipv6, g_replies);
	return g_replies == (hosts ? 1 : 0) ? 0 : 1;
}
