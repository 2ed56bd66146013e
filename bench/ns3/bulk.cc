/*
 * TCP through a bottleneck between two routers: bench/bulk.yaml and bench/dumbbell.yaml.
 *
 * The queue in front of the bottleneck holds one bandwidth-delay product of the whole round trip (44 ms) in bytes, the
 * others never fill. Buffers are fixed and never in the way; ours grow by themselves to what is needed.
 */
#include "peer.h"

#include "ns3/applications-module.h"

#include <vector>

using namespace ns3;

static const uint16_t port = 5001;
static const double roundTrip = 0.044;

struct Dumbbell {
	NodeContainer left, right, routers;
	std::vector<uint32_t> addresses; /* of the receivers */
	PointToPointHelper access, bottleneck;
};

/* The bottleneck is 10.0.0.0/30, senders are in the /30s of 10.1.0.0/16, receivers in those of 10.2.0.0/16. */
static void
Build(Dumbbell& d, uint32_t flows, uint64_t rate, uint64_t access)
{
	uint32_t buffer = (uint32_t)(6 * rate * roundTrip / 8);

	SetTcp(buffer > 4000000 ? buffer : 4000000);
	d.left.Create(flows);
	d.right.Create(flows);
	d.routers.Create(2);
	InstallStacks(NodeContainer(d.left, d.right, d.routers), false);
	d.access = MakeLink(access, "1ms", "20000p");
	d.bottleneck = MakeLink(rate, "20ms", std::to_string((uint64_t)(rate * roundTrip / 8)) + "B");
	Join(d.bottleneck, d.routers.Get(0), d.routers.Get(1), 0x0a000000, 0x0a020000, 16, false);
	for (uint32_t i = 0; i < flows; i++) {
		Join(d.access, d.routers.Get(0), d.left.Get(i), 0x0a010000 + 4 * i, 0, 0, false);
		Join(d.access, d.routers.Get(1), d.right.Get(i), 0x0a020000 + 4 * i, 0, 0, false);
		d.addresses.push_back(0x0a020000 + 4 * i + 2);
	}
}

/* A sender of so many bytes (0: without end) on the left, and what takes them on the right. */
static Ptr<PacketSink>
AddFlow(Dumbbell& d, uint32_t i, uint64_t bytes, Time start)
{
	BulkSendHelper sender("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address(d.addresses[i]), port));
	PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), port));
	ApplicationContainer receiver = sink.Install(d.right.Get(i));

	sender.SetAttribute("MaxBytes", UintegerValue(bytes));
	sender.SetAttribute("SendSize", UintegerValue(65536));
	sender.Install(d.left.Get(i)).Start(start);
	receiver.Start(Seconds(0));
	return DynamicCast<PacketSink>(receiver.Get(0));
}

int
RunBulk(uint64_t rate, uint64_t access, uint64_t bytes, const std::string& pcap)
{
	Dumbbell d;

	Build(d, 1, rate, access);
	Ptr<PacketSink> sink = AddFlow(d, 0, bytes, Seconds(0));
	if (!pcap.empty()) {
		d.access.EnablePcapAll(pcap, false);
	}
	CountHops();
	Simulator::Run();
	printf("workload=bulk rate=%lu bytes=%lu received=%lu hops=%lu virtual_seconds=%.6f\n", (unsigned long)rate,
	       (unsigned long)bytes, (unsigned long)sink->GetTotalRx(), (unsigned long)Hops(),
	       Simulator::Now().GetSeconds());
	return sink->GetTotalRx() == bytes ? 0 : 1;
}

int
RunDumbbell(uint32_t flows, double seconds)
{
	Dumbbell d;
	std::vector<Ptr<PacketSink>> sinks;
	uint64_t received = 0;
	bool all = true;

	Build(d, flows, 100000000, 1000000000);
	for (uint32_t i = 0; i < flows; i++) {
		sinks.push_back(AddFlow(d, i, 0, MilliSeconds(20 * i)));
	}
	CountHops();
	Simulator::Stop(Seconds(seconds));
	Simulator::Run();
	for (auto& sink : sinks) {
		received += sink->GetTotalRx();
		all &= sink->GetTotalRx() > 0;
	}
	printf("workload=dumbbell flows=%u received=%lu hops=%lu virtual_seconds=%.6f\n", flows, (unsigned long)received,
	       (unsigned long)Hops(), Simulator::Now().GetSeconds());
	return all ? 0 : 1;
}
