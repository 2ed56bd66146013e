/*
 * ns-3's side of the benchmark: the same packets over the same topologies as bench/udp-chain.yaml and bench/idle-100k.yaml.
 *
 *   peer --workload=udp  --packets=1000000 [--pcap=PREFIX]     a -- r1 -- ... -- r10 -- b, a sends datagrams to b
 *   peer --workload=idle --hosts=100000 [--ipv6=0]             core, 10 aggregation routers, 10 edge routers each, hosts
 *
 * Chosen in ns-3's favour wherever there was a choice: point-to-point devices (no ARP, a 2-byte header) with plain
 * drop-tail queues and no queue disc, static routes, no checksums, no trace callbacks. Time and memory are taken from
 * outside (bench/measure.c). Prints one line of key=value; packet-hops are packets times links, and the exit status is 1
 * unless every packet arrived, so that the product is the truth.
 */
#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-apps-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

#include <cstdint>
#include <cstdio>
#include <string>

using namespace ns3;

static PointToPointHelper
MakeLink(uint64_t rate, const std::string& delay, const std::string& queue)
{
	PointToPointHelper link;

	link.SetDeviceAttribute("DataRate", DataRateValue(DataRate(rate)));
	link.SetChannelAttribute("Delay", StringValue(delay));
	link.SetQueue("ns3::DropTailQueue", "MaxSize", QueueSizeValue(QueueSize(queue)));
	link.DisableFlowControl(); // no FqCoDel above the device
	return link;
}

static void
InstallStacks(NodeContainer nodes, bool ipv6)
{
	InternetStackHelper stack;
	Ipv4StaticRoutingHelper static4;
	Ipv6StaticRoutingHelper static6;

	stack.SetRoutingHelper(static4);
	stack.SetRoutingHelper(static6);
	stack.SetIpv6StackInstall(ipv6);
	stack.Install(nodes);
}

static void
AddRoute(Ptr<Node> node, uint32_t network, int prefix, uint32_t via, uint32_t interface)
{
	Ipv4StaticRoutingHelper helper;

	helper.GetStaticRouting(node->GetObject<Ipv4>())
		->AddNetworkRouteTo(Ipv4Address(network), Ipv4Mask(prefix ? ~0u << (32 - prefix) : 0), Ipv4Address(via), interface);
}

/* fd00::NETWORK:0/112, the IPv6 twin of the /30 that starts at this IPv4 address */
static Ipv6Address
Twin(uint32_t network, uint32_t host)
{
	uint8_t bytes[16] = {0xfd};

	for (int i = 0; i < 4; i++) {
		bytes[10 + i] = (uint8_t)(network >> (24 - 8 * i));
	}
	bytes[15] = (uint8_t)host;
	return Ipv6Address(bytes);
}

/* Gives the device its address in both families; returns the IPv4 interface index. */
static uint32_t
AddAddress(Ptr<NetDevice> device, uint32_t network, uint32_t host, bool ipv6)
{
	Ptr<Ipv4> ip = device->GetNode()->GetObject<Ipv4>();
	uint32_t interface = ip->AddInterface(device);

	ip->AddAddress(interface, Ipv4InterfaceAddress(Ipv4Address(network + host), Ipv4Mask(~3u)));
	ip->SetUp(interface);
	if (ipv6) {
		Ptr<Ipv6> ip6 = device->GetNode()->GetObject<Ipv6>();
		uint32_t interface6 = ip6->AddInterface(device);

		ip6->AddAddress(interface6, Ipv6InterfaceAddress(Twin(network, host), Ipv6Prefix(112)));
		ip6->SetUp(interface6);
	}
	return interface;
}

static void
DefaultRoute6(Ptr<Node> node, uint32_t network, uint32_t host)
{
	Ipv6StaticRoutingHelper helper;

	helper.GetStaticRouting(node->GetObject<Ipv6>())->SetDefaultRoute(Twin(network, host), 1);
}

/* Joins upper (first address of the /30) and lower (second); lower gets a default route, upper one to what lies below. */
static void
Join(PointToPointHelper& link, Ptr<Node> upper, Ptr<Node> lower, uint32_t segment, uint32_t below, int belowPrefix, bool ipv6)
{
	NetDeviceContainer ends = link.Install(upper, lower);
	uint32_t up = AddAddress(ends.Get(0), segment, 1, ipv6);
	uint32_t down = AddAddress(ends.Get(1), segment, 2, ipv6);

	AddRoute(lower, 0, 0, segment + 1, down);
	if (ipv6) {
		DefaultRoute6(lower, segment, 1);
	}
	if (belowPrefix) {
		AddRoute(upper, below, belowPrefix, segment + 2, up);
	}
}

static int
RunUdp(uint32_t routers, uint32_t packets, uint32_t size, const std::string& pcap)
{
	NodeContainer nodes(routers + 2);
	PointToPointHelper link = MakeLink(10000000000ull, "1ms", "10000p");
	uint32_t network = 0x0a000000;

	InstallStacks(nodes, false);
	for (uint32_t i = 0; i + 1 < nodes.GetN(); i++, network += 4) {
		NetDeviceContainer ends = link.Install(nodes.Get(i), nodes.Get(i + 1));
		uint32_t out = AddAddress(ends.Get(0), network, 1, false);

		AddAddress(ends.Get(1), network, 2, false);
		AddRoute(nodes.Get(i), 0, 0, network + 2, out);
	}

	UdpServerHelper server(5201);
	ApplicationContainer serverApp = server.Install(nodes.Get(routers + 1));
	UdpClientHelper client(Ipv4Address(network - 4 + 2), 5201);
	client.SetAttribute("MaxPackets", UintegerValue(packets));
	client.SetAttribute("Interval", TimeValue(MicroSeconds(12)));
	client.SetAttribute("PacketSize", UintegerValue(size));
	client.Install(nodes.Get(0)).Start(Seconds(1));
	if (!pcap.empty()) {
		link.EnablePcapAll(pcap, false);
	}

	Simulator::Run();
	uint64_t received = DynamicCast<UdpServer>(serverApp.Get(0))->GetReceived();
	printf("workload=udp packets=%u received=%lu hops=%lu virtual_seconds=%.6f\n", packets, (unsigned long)received,
	       (unsigned long)received * (routers + 1), Simulator::Now().GetSeconds());
	return received == packets ? 0 : 1;
}

static uint32_t g_replies;

static void
CountReply(Time)
{
	g_replies++;
}

static int
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

int
main(int argc, char** argv)
{
	std::string workload = "udp", pcap;
	uint32_t routers = 10, packets = 1000000, size = 1400, hosts = 100000;
	bool ipv6 = true;
	CommandLine cmd;

	cmd.AddValue("workload", "udp or idle", workload);
	cmd.AddValue("routers", "udp: routers in the chain", routers);
	cmd.AddValue("packets", "udp: datagrams to send, one every 12 us", packets);
	cmd.AddValue("size", "udp: payload bytes of a datagram", size);
	cmd.AddValue("pcap", "udp: capture every device into PREFIX-*.pcap", pcap);
	cmd.AddValue("hosts", "idle: hosts, up to 102400", hosts);
	cmd.AddValue("ipv6", "idle: dual-stack", ipv6);
	cmd.Parse(argc, argv);

	int status = workload == "udp" ? RunUdp(routers, packets, size, pcap)
	           : workload == "idle" ? RunIdle(hosts, ipv6) : 2;
	Simulator::Destroy();
	return status;
}
