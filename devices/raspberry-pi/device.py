#!/usr/bin/env python3
"""A Raspberry Pi as an MQTT device: telemetry, events, status with a will, commands.

Runs on any Linux with Python 3.9 and paho-mqtt 1.6 or 2. See README.md.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt

PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
MAX_QUEUED = 1000  # messages kept in memory while there is no connection
MAX_COMMAND = 4096  # bytes


class Device:
    def __init__(self, device_id, interval, led):
        self.id = device_id
        self.interval = interval
        self.led = led
        self.stop = threading.Event()
        self.wake = threading.Event()
        self.dropped = 0

    def topic(self, stream):
        return f"devices/{self.id}/{stream}"

    def measure(self):
        """What this machine knows of itself; a sensor's values go here too."""
        values = {"uptime": round(float(Path("/proc/uptime").read_text().split()[0]))}
        values["load"] = round(os.getloadavg()[0], 2)
        memory = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        available, total = (int(memory[key].split()[0]) for key in ("MemAvailable", "MemTotal"))
        values["memory"] = round(100 * (1 - available / total), 1)
        thermometer = Path("/sys/class/thermal/thermal_zone0/temp")
        if thermometer.exists():
            values["temperature"] = round(int(thermometer.read_text()) / 1000, 1)
        if self.led:
            values["led"] = bool(self.led.value)
        return values

    def obey(self, payload):
        """Carries out a command such as {"interval": 5}; yields an answer for each setting in it."""
        try:
            if len(payload) > MAX_COMMAND:
                raise ValueError
            command = json.loads(payload)
            settings = [item for item in command.items() if item[0] != "id"]
        except (ValueError, AttributeError, RecursionError):
            yield {"ok": False, "error": 'a command must be a JSON object such as {"interval":5}'}
            return
        echo = {"id": command["id"]} if isinstance(command.get("id"), (str, int)) else {}
        for name, value in settings[:8]:
            error = self.apply(name, value)
            outcome = {"ok": False, "error": error} if error else {"ok": True, "value": value}
            yield {**echo, "command": name[:64], **outcome}

    def apply(self, name, value):
        """Says what is wrong, or nothing when it is done."""
        if name == "interval":
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.1 <= value <= 3600:
                return "interval must be a number from 0.1 to 3600"
            self.interval = value
            self.wake.set()
            return None
        if name == "led" and self.led:
            if value not in ("on", "off", True, False):
                return 'led must be true, false, "on" or "off"'
            self.led.value = value in ("on", True)
            return None
        return "unknown command; this device has interval" + (", led" if self.led else "")


def publish(client, device, stream, fields, qos):
    time = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    info = client.publish(device.topic(stream), json.dumps({**fields, "time": time}), qos=qos)
    if info.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
        device.dropped += 1
        print(f"the queue is full: {device.dropped} messages dropped so far", file=sys.stderr)


def create_client(device_id, transport):
    # A kept session: commands that arrive while this device is away wait for it.
    settings = {"client_id": device_id, "clean_session": False, "transport": transport}
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, **settings)
    return mqtt.Client(**settings)


def watch(client, device, url):
    """The callbacks; their last arguments differ between paho-mqtt 1 and 2."""

    def on_connect(client, _userdata, _flags, reason, *_):
        if reason != 0:
            print(f"{url} refused the connection: {reason}", file=sys.stderr)
            return
        print(f"connected to {url} as {device.id}", file=sys.stderr)
        client.subscribe(device.topic("commands"), qos=1)
        client.publish(device.topic("status"), "online", qos=1, retain=True)

    def on_disconnect(_client, _userdata, *_):
        if not device.stop.is_set():
            print("the connection was lost; reconnecting", file=sys.stderr)

    def on_message(client, _userdata, message):
        for answer in device.obey(message.payload):
            publish(client, device, "events", {"type": "command", **answer}, qos=1)

    client.on_connect = on_connect
    client.on_disconnect = on_disconnect
    client.on_message = on_message


def connect(client, device, options):
    url = urlsplit(options.url)
    host, port = url.hostname or "127.0.0.1", url.port or PORTS[url.scheme]
    username = options.username or (unquote(url.username) if url.username else None)
    password = options.password or (unquote(url.password) if url.password else None)
    if username:
        client.username_pw_set(username, password)
    if url.scheme in ("mqtts", "wss"):
        client.tls_set(ca_certs=options.ca)
    if url.scheme in ("ws", "wss"):
        client.ws_set_options(path=url.path if url.path not in ("", "/") else "/mqtt")
    client.will_set(device.topic("status"), "offline", qos=1, retain=True)
    client.max_queued_messages_set(MAX_QUEUED)
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    watch(client, device, f"{url.scheme}://{host}:{port}")
    client.connect_async(host, port, keepalive=60)
    client.loop_start()  # connects, and connects again, in a thread of its own


def run(client, device):
    publish(client, device, "events", {"type": "boot", "kind": "raspberry-pi"}, qos=1)
    while not device.stop.is_set():
        publish(client, device, "telemetry", device.measure(), qos=1)
        device.wake.wait(device.interval)
        device.wake.clear()


def sign_off(client, device):
    if client.is_connected():
        client.publish(device.topic("status"), "offline", qos=1, retain=True).wait_for_publish(timeout=5)
    client.disconnect()
    client.loop_stop()


def open_led(pin):
    if pin is None:
        return None
    from gpiozero import LED  # only on a Pi, and only when there is a LED

    return LED(pin)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    env = os.environ.get
    parser.add_argument("--url", default=env("MQTT_URL", "mqtt://127.0.0.1:1883"), help="mqtt://, mqtts://, ws:// or wss://")
    parser.add_argument("--id", default=env("MQTT_CLIENT_ID", socket.gethostname()), help="device id and client id")
    parser.add_argument("--username", default=env("MQTT_USERNAME"))
    parser.add_argument("--password", default=env("MQTT_PASSWORD"), help="better in the environment as MQTT_PASSWORD")
    parser.add_argument("--ca", default=env("MQTT_CA"), help="PEM file of the authority to trust")
    parser.add_argument("--interval", type=float, default=5, help="seconds between measurements")
    parser.add_argument("--led", type=int, help="GPIO pin of a LED that commands switch")
    options = parser.parse_args()
    if urlsplit(options.url).scheme not in PORTS:
        parser.error(f"--url must begin with mqtt://, mqtts://, ws:// or wss://, not {options.url}")
    if any(char in options.id for char in "/+#"):
        parser.error("--id becomes one level of a topic: it must not contain / + #")
    if not 0.1 <= options.interval <= 3600:
        parser.error("--interval must be from 0.1 to 3600")
    return options


def main():
    options = parse_options()
    device = Device(options.id, options.interval, open_led(options.led))
    client = create_client(device.id, "websockets" if options.url.startswith("ws") else "tcp")

    def stop(*_):
        device.stop.set()
        device.wake.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    connect(client, device, options)
    run(client, device)
    sign_off(client, device)


if __name__ == "__main__":
    main()
