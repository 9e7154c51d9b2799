// Keeps a copy of all matters: from the compacted topic first, then change by change.
// usage: java -cp 'KAFKA_JARS/*' Reader.java BOOTSTRAP STATE.json [--once]
// STATE.json holds the matters and, for each lane, the gb_seq of the last change they contain;
// both are written together, so the reader may be stopped or killed at any time and goes on.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
public class Reader {
    static final ObjectMapper JSON = new ObjectMapper();
    static volatile boolean stopped;
    static KafkaConsumer<String, String> consumer;
    static ObjectNode state, matters, seqs;
    static Path path;

    interface Take { void take(ConsumerRecord<String, String> record) throws Exception; }

    static String header(ConsumerRecord<String, String> record, String name) {
        return new String(record.headers().lastHeader(name).value());
    }

    static void save() throws Exception {
        Path fresh = Files.writeString(Path.of(path + ".new"), JSON.writeValueAsString(state));
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Records of a topic from behind the state, or from the beginning; once: up to its end. */
    static void read(String topic, boolean fromState, boolean once, Take to) throws Exception {
        List<TopicPartition> lanes = consumer.partitionsFor(topic).stream()
            .map(p -> new TopicPartition(topic, p.partition())).toList();
        consumer.assign(lanes);
        consumer.seekToBeginning(lanes);
        // Markers of transactions take offsets too: gb_seq n stands at offset n - 1 or later.
        for (TopicPartition lane : lanes) {
            long seq = fromState ? seqs.path("" + lane.partition()).asLong() : 0;
            consumer.seek(lane, Math.max(seq, consumer.position(lane)));
        }
        var ends = consumer.endOffsets(lanes);
        while (!stopped && !(once && lanes.stream()
                .allMatch(l -> consumer.position(l) >= ends.get(l)))) {
            for (var record : consumer.poll(Duration.ofMillis(500))) to.take(record);
            save();
        }
    }

    static void takeMatter(ConsumerRecord<String, String> record) throws Exception {
        if (record.value() == null) matters.remove(record.key());
        else matters.set(record.key(), JSON.readTree(record.value()));
        seqs.put("" + record.partition(), Long.parseLong(header(record, "gb_change_seq")));
    }

    static void takeChange(ConsumerRecord<String, String> record) throws Exception {
        String lane = "" + record.partition(), stream = header(record, "gb_stream");
        long seq = Long.parseLong(header(record, "gb_seq")), last = seqs.path(lane).asLong();
        if (!state.path("stream").asText(stream).equals(stream) || seq > last + 1)
            throw new IllegalStateException("lane " + lane + ": gb_seq " + seq + " after " + last
                + ", stream " + stream + ": remove " + path + " and begin again");
        if (seq <= last) return; // contained already
        ObjectNode change = (ObjectNode) JSON.readTree(record.value());
        if (change.path("change").asText().startsWith("matter.")) {
            String id = change.path("matter").asText();
            ObjectNode matter = matters.withObject("/" + id);
            change.path("before").fieldNames().forEachRemaining(matter::remove);
            matter.setAll((ObjectNode) change.get("after"));
            if (matter.isEmpty()) matters.remove(id);
        }
        state.put("stream", stream);
        seqs.put(lane, seq);
        System.out.println(lane + " " + seq + " " + change.path("change").asText());
    }

    public static void main(String[] words) throws Exception {
        path = Path.of(words[1]);
        boolean known = Files.exists(path), once = words.length > 2 && words[2].equals("--once");
        state = known ? (ObjectNode) JSON.readTree(path.toFile()) : JSON.createObjectNode();
        matters = state.withObject("/matters");
        seqs = state.withObject("/seq");
        Map<String, Object> settings = Map.of("bootstrap.servers", words[0], "isolation.level",
            "read_committed", "enable.auto.commit", "false", "auto.offset.reset", "earliest");
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { // at SIGTERM: let main finish
            stopped = true;
            try { main.join(5000); } catch (InterruptedException end) { return; }
        }));
        consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        if (!known) read("gb.matter", false, true, Reader::takeMatter);
        if (!stopped) read("gb.change", true, once, Reader::takeChange);
        consumer.close();
    }
}
