/* What waits in a UDP socket, how much of it may, and who is woken. */
#include "transport_lab.h"

/* A shared slab is not copied, neither on the way nor into the receive queue. */
static void test_slab(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	struct slab *slab = slab_new(l->w, 1400);
	struct socket_out m = {.to = &to, .head_len = 16, .slab = slab, .len = 1384, .tos = -1};
	struct socket_in in;
	uint8_t got[1400];

	memset(slab->bytes, 'p', 1400);
	m.data = slab->bytes;
	for (int i = 0; i < 3; i++) {
		char head[16] = "header number 0";

		head[14] = (char)('0' + i);
		m.head = head;
		assert_int_equal(socket_send(s, &m), 0);
	}
	assert_int_equal(slab->refs, 4);
	lab_run(l, vtime_ms(20));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(socket_recv(server, &in), 0);
		assert_int_equal(in.len, 1400);
		assert_ptr_equal(in.packet->data, slab->bytes);
		assert_int_equal(packet_read(in.packet, in.offset, 0, got, sizeof(got)), 1400);
		assert_memory_equal(got, "header number ", 14);
		assert_int_equal(got[14], '0' + i);
		assert_int_equal(got[1399], 'p');
		packet_free(in.packet);
	}
	assert_int_equal(slab->refs, 1);
	slab_unref(l->w, slab);
	socket_close(server);
	socket_close(s);
}

/* Linux's default buffer holds 92 full frames, and one more that overdraws it. */
static void test_receive_buffer(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	static char data[1472];
	int wakes = 0, size;

	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 212992);
	for (int i = 0; i < 100; i++)
		assert_int_equal(socket_send(s, &(struct socket_out){.to = &to,
								     .data = data,
								     .len = sizeof(data),
								     .tos = -1}), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(server->rx_packets, 93);
	assert_int_equal(server->rx_dropped, 7);
	assert_int_equal(site_drops(&l->b->site, DROP_SOCKET_BUFFER_FULL), 7);
	struct socket_in in;
	while (socket_recv(server, &in) == 0) {
		wakes++;
		packet_free(in.packet);
	}
	assert_int_equal(wakes, 93);
	assert_int_equal(server->rx_bytes, 0);

	assert_int_equal(socket_set(server, SOCKET_RCVBUF, 1000), 0);
	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 2304);
	assert_int_equal(socket_set(server, SOCKET_RCVBUF, 1 << 30), 0);
	assert_int_equal(socket_get(server, SOCKET_RCVBUF, &size), 0);
	assert_int_equal(size, 2 * 212992); /* rmem_max, doubled */

	/* What nobody read is dropped with its reason when the socket closes. */
	assert_int_equal(say(s, "unread", &to), 0);
	lab_run(l, vtime_ms(20));
	socket_close(server);
	assert_int_equal(site_drops(&l->b->site, DROP_SOCKET_CLOSED), 1);
	socket_close(s);
}

/* The send buffer drains at the interface's rate: 92 frames wait, the 94th has to. */
static void test_send_buffer(void **state)
{
	struct lab *l = *state;
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7);
	static char data[1472];
	const struct socket_out m = {.to = &to, .data = data, .len = sizeof(data), .tos = -1};
	int sent = 0;

	l->changed.rate = 10000000; /* 1538 bytes on the wire take 1.2304 ms */
	link_set_params(l->ar, 0, &l->changed);
	while (sent < 200 && socket_send(s, &m) == 0)
		sent++;
	assert_int_equal(sent, 93);
	assert_int_equal(socket_ready(s), 0);
	vtime at = socket_writable_at(s);
	assert_int_equal(at.ns, 1230400);
	lab_run(l, vtime_ns(at.ns - 1));
	assert_int_equal(socket_send(s, &m), -EAGAIN);
	lab_run(l, vtime_ns(1));
	assert_int_equal(socket_ready(s), SOCKET_WRITABLE);
	assert_int_equal(socket_send(s, &m), 0);
	assert_int_equal(socket_send(s, &m), -EAGAIN);
	lab_run(l, vtime_s(1));
	socket_close(s);
}

static int woken;

static void count_wake(struct socket *s)
{
	assert_non_null(s->owner);
	woken++;
}

static void test_wake(void **state)
{
	struct lab *l = *state;
	struct socket *server = bound(l->b, AF_INET, "0.0.0.0", 7);
	struct socket *s = socket_new(l->a, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7), closed = endpoint_of("10.0.2.1", 8);

	woken = 0;
	server->wake = s->wake = count_wake;
	server->owner = s->owner = l;
	assert_int_equal(say(s, "x", &to), 0);
	assert_int_equal(woken, 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(woken, 1);
	assert_int_equal(socket_connect(s, &closed), 0);
	assert_int_equal(say(s, "x", NULL), 0);
	lab_run(l, vtime_ms(20));
	assert_int_equal(woken, 2);
	socket_close(server);
	socket_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(test_slab),
		LAB_TEST(test_receive_buffer),
		LAB_TEST(test_send_buffer),
		LAB_TEST(test_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
