// Verifies calls of webhooks with the official JavaScript library of Standard Webhooks: a JSON list of `{secret, headers, body}` comes in,
// and a list goes out that says of each whether the library takes it.
import { readFileSync } from "node:fs";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const takes = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(takes)));
