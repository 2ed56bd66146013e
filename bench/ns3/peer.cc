/*
 * ns-3's side of the benchmark: the same packets over the same topologies as the scenarios in bench/.
 *
 *   peer --workload=udp      --packets=1000000 [--pcap=PREFIX]     a -- r1 -- ... -- r10 -- b, a sends datagrams to b
 *   peer --workload=bulk     --rate=100000000 [--access=1000000000] [--bytes=500000000] [--pcap=PREFIX]
 *                                                                  sender -- r1 -- r2 -- receiver, one TCP connection
 *   peer --workload=dumbbell --flows=50 --seconds=60               as many senders and receivers, one connection each
 *   peer --workload=many     --hosts=10000                         a tree of hosts that ask each other for 10 kB
 *   peer --workload=idle     --hosts=100000 [--ipv6=0]             core, 10 aggregation routers, 10 edge routers each, hosts
 *
 * Chosen in ns-3's favour wherever there was a choice: see peer.h; no checksums, no bytes of payload, no trace callbacks
 * but with --count, whose run is not timed. Time and memory are taken from outside (bench/measure.c). Prints one line
 * of key=value; the exit status is 1 unless everything arrived.
 */
#include "peer.h"

using namespace ns3;

int
main(int argc, char** argv)
{
	std::string workload = "udp", pcap;
	uint32_t routers = 10, packets = 1000000, size = 1400, hosts = 100000, flows = 50, request = 10000, answer = 10000;
	uint64_t rate = 100000000, access = 1000000000, bytes = 500000000;
	double seconds = 60;
	bool ipv6 = true;
	CommandLine cmd;

	cmd.AddValue("workload", "udp, bulk, dumbbell, many or idle", workload);
	cmd.AddValue("count", "not idle: count packet-hops by callbacks", g_count);
	cmd.AddValue("routers", "udp: routers in the chain", routers);
	cmd.AddValue("packets", "udp: datagrams to send, one every 12 us", packets);
	cmd.AddValue("size", "udp: payload bytes of a datagram", size);
	cmd.AddValue("pcap", "udp, bulk: capture every device into PREFIX-*.pcap", pcap);
	cmd.AddValue("rate", "bulk: bit/s of the bottleneck", rate);
	cmd.AddValue("access", "bulk: bit/s of the two other links", access);
	cmd.AddValue("bytes", "bulk: bytes to send", bytes);
	cmd.AddValue("flows", "dumbbell: connections, each between two hosts of its own", flows);
	cmd.AddValue("seconds", "dumbbell: virtual time at which it stops", seconds);
	cmd.AddValue("hosts", "idle: hosts, up to 102400; many: a multiple of 200, up to 12800", hosts);
	cmd.AddValue("request", "many: bytes of a request", request);
	cmd.AddValue("answer", "many: bytes of an answer", answer);
	cmd.AddValue("ipv6", "idle: dual-stack", ipv6);
	cmd.Parse(argc, argv);

	int status = workload == "udp" ? RunUdp(routers, packets, size, pcap)
	           : workload == "bulk" ? RunBulk(rate, access, bytes, pcap)
	           : workload == "dumbbell" ? RunDumbbell(flows, seconds)
	           : workload == "many" ? RunMany(hosts, request, answer)
	           : workload == "idle" ? RunIdle(hosts, ipv6) : 2;
	Simulator::Destroy();
	return status;
}
