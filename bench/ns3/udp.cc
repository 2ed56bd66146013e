/* A chain of routers and a flow of datagrams: bench/udp-chain.yaml. */
#include "peer.h"

#include "ns3/applications-module.h"

using namespace ns3;

int
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
