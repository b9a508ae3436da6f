import { rateText } from "../model/format.js";
import type { Rate } from "../model/rate.js";
import { Chart } from "./chart.js";

export interface TrafficProps {
  readonly rate: Rate;
  readonly now: number;
}

/** All messages over the last minute: what the side shows while no topic is chosen. */
export function Traffic({ rate, now }: TrafficProps) {
  const counts = rate.counts(now);
  const last = Math.floor(now / 1000) - 1;
  const times = counts.map((_, i) => last - (counts.length - 1 - i));
  return (
    <section class="card traffic" aria-labelledby="traffic-title">
      <div class="card-head">
        <h2 id="traffic-title">Traffic</h2>
        <span class="muted">messages per second, last minute</span>
      </div>
      <Chart
        times={times}
        values={counts}
        label="Messages per second"
        caption="Choose a topic to see its values over time and its last message."
        format={rateText}
        counts
      />
    </section>
  );
}
