// Draws a lottery again: java Draw.java roster.txt SEED > results.csv (Java 17 or later, nothing else).
// The order is by ticket, ascending; ticket = SHA-256 of "SEED|SHA-256 of the roster file|entrant's code".
// The first so many, as the roster's line "places:" says, win; the rest wait in this order.
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.*;

class Draw {
    static String sha256(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    public static void main(String[] given) throws Exception {
        byte[] roster = Files.readAllBytes(Path.of(given[0]));
        String text = new String(roster, StandardCharsets.UTF_8), start = given[1] + "|" + sha256(roster) + "|";
        int cut = text.indexOf("\n\n");
        int places = Integer.parseInt(text.substring(0, cut).split("\nplaces: ")[1].split("\n")[0]);
        List<String> tickets = new ArrayList<>();
        for (String code : text.substring(cut).strip().split("\\s+"))
            tickets.add(sha256((start + code).getBytes(StandardCharsets.UTF_8)) + "," + code);
        Collections.sort(tickets);
        StringBuilder out = new StringBuilder("rank,code,ticket,outcome\n");
        for (int i = 0; i < tickets.size(); i++) {
            String[] part = tickets.get(i).split(",");
            out.append(i + 1).append(',').append(part[1]).append(',').append(part[0]);
            out.append(',').append(i < places ? "won" : "waitlist").append('\n');
        }
        System.out.write(out.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }
}
