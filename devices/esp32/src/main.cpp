// An ESP32 as an MQTT device: telemetry, status with a will, commands and their answers.
//
// It uses the MQTT client of ESP-IDF, which the Arduino core brings along: unlike most Arduino libraries it
// sends QoS 1 again until it is acknowledged, connects again by itself, and speaks TLS and WebSocket.

#include <Arduino.h>
#include <ArduinoJson.h>
#include <WiFi.h>
#include <esp_idf_version.h>
#include <mqtt_client.h>

#include <atomic>

#include "settings.h"

#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

static const char TELEMETRY[] = "devices/" DEVICE_ID "/telemetry";
static const char EVENTS[] = "devices/" DEVICE_ID "/events";
static const char STATUS[] = "devices/" DEVICE_ID "/status";
static const char COMMANDS[] = "devices/" DEVICE_ID "/commands";

// Messages wait in memory while there is no connection; at this size new ones are dropped and counted.
static const int MAX_OUTBOX_BYTES = 16 * 1024;

static esp_mqtt_client_handle_t client;
// Commands arrive in the client's own task.
static std::atomic<uint32_t> intervalMs{5000};
static std::atomic<bool> led{false};
static std::atomic<bool> rebootAsked{false};
static std::atomic<uint32_t> dropped{0};

static void publish(const char *topic, const JsonDocument &document) {
  if (esp_mqtt_client_get_outbox_size(client) > MAX_OUTBOX_BYTES) {
    dropped++;
    return;
  }
  String payload;
  serializeJson(document, payload);
  // Queues and returns: neither a slow network nor the client's own task is waited for.
  esp_mqtt_client_enqueue(client, topic, payload.c_str(), payload.length(), 1, 0, true);
}

static void publishTelemetry() {
  JsonDocument document;
  document["temperature"] = temperatureRead();  // of the chip; put your sensor here
  document["rssi"] = WiFi.RSSI();
  document["heap"] = ESP.getFreeHeap();
  document["uptime"] = millis() / 1000;
  document["led"] = led.load();
  document["dropped"] = dropped.load();
  publish(TELEMETRY, document);
}

// Says what is wrong with a setting, or nothing when it is carried out.
static const char *apply(const char *name, JsonVariantConst value) {
  if (strcmp(name, "interval") == 0) {
    const float seconds = value.is<float>() ? value.as<float>() : 0;
    if (!(seconds >= 0.1f && seconds <= 3600)) return "interval must be a number from 0.1 to 3600";
    intervalMs = seconds * 1000;
    return nullptr;
  }
  if (strcmp(name, "led") == 0) {
    const bool on = value == true || value == "on";
    if (!on && !(value == false || value == "off")) return "led must be true, false, \"on\" or \"off\"";
    led = on;
    digitalWrite(LED_BUILTIN, on ? HIGH : LOW);
    return nullptr;
  }
  if (strcmp(name, "reboot") == 0) {
    if (value != true) return "reboot must be true";
    rebootAsked = true;
    return nullptr;
  }
  return "unknown command; this device has interval, led, reboot";
}

static void answer(JsonVariantConst id, const char *name, JsonVariantConst value, const char *error) {
  JsonDocument document;
  document["type"] = "command";
  if (!id.isNull()) document["id"] = id;
  if (name) document["command"] = name;
  document["ok"] = error == nullptr;
  if (error) document["error"] = error;
  else document["value"] = value;
  publish(EVENTS, document);
}

static void obey(const esp_mqtt_event_t &event) {
  JsonDocument command;
  // A message longer than the client's buffer comes in pieces, and no command is that long.
  const bool whole = event.data_len == event.total_data_len;
  if (!whole || deserializeJson(command, event.data, event.data_len) || !command.is<JsonObject>()) {
    answer(JsonVariantConst(), nullptr, JsonVariantConst(), "a command must be a JSON object such as {\"interval\":5}");
    return;
  }
  const JsonVariantConst id = command["id"];
  for (JsonPairConst setting : command.as<JsonObjectConst>()) {
    const char *name = setting.key().c_str();
    if (strcmp(name, "id") == 0) continue;
    // A retained reboot would come again after each reboot.
    const char *error = event.retain ? "a retained command is not carried out" : apply(name, setting.value());
    answer(id, name, setting.value(), error);
  }
}

static void onMqtt(void *, esp_event_base_t, int32_t id, void *data) {
  const auto &event = *static_cast<esp_mqtt_event_handle_t>(data);
  switch (id) {
    case MQTT_EVENT_CONNECTED:
      Serial.println("connected to " BROKER_URL);
      esp_mqtt_client_subscribe(client, COMMANDS, 1);
      esp_mqtt_client_enqueue(client, STATUS, "online", 0, 1, 1, true);
      break;
    case MQTT_EVENT_DISCONNECTED:
      Serial.println("not connected; trying again");
      break;
    case MQTT_EVENT_DATA:
      obey(event);
      break;
  }
}

static esp_mqtt_client_config_t settings() {
  esp_mqtt_client_config_t config = {};
#if ESP_IDF_VERSION_MAJOR >= 5  // Arduino core 3
  config.broker.address.uri = BROKER_URL;
  config.credentials.client_id = DEVICE_ID;
  config.session.disable_clean_session = true;  // commands wait in the broker while this device is away
  config.session.keepalive = 30;
  config.session.last_will.topic = STATUS;
  config.session.last_will.msg = "offline";
  config.session.last_will.qos = 1;
  config.session.last_will.retain = 1;
#ifdef BROKER_USERNAME
  config.credentials.username = BROKER_USERNAME;
  config.credentials.authentication.password = BROKER_PASSWORD;
#endif
#ifdef BROKER_CA
  config.broker.verification.certificate = BROKER_CA;
#endif
#else  // Arduino core 2
  config.uri = BROKER_URL;
  config.client_id = DEVICE_ID;
  config.disable_clean_session = true;
  config.keepalive = 30;
  config.lwt_topic = STATUS;
  config.lwt_msg = "offline";
  config.lwt_qos = 1;
  config.lwt_retain = 1;
#ifdef BROKER_USERNAME
  config.username = BROKER_USERNAME;
  config.password = BROKER_PASSWORD;
#endif
#ifdef BROKER_CA
  config.cert_pem = BROKER_CA;
#endif
#endif
  return config;
}

// With a goodbye of its own the broker does not publish the will.
static void reboot() {
  esp_mqtt_client_publish(client, STATUS, "offline", 0, 1, 1);
  delay(500);
  esp_mqtt_client_stop(client);
  ESP.restart();
}

void setup() {
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  const esp_mqtt_client_config_t config = settings();
  client = esp_mqtt_client_init(&config);
  esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, onMqtt, nullptr);
  esp_mqtt_client_start(client);
}

void loop() {
  static uint32_t last = 0;
  if (rebootAsked) reboot();
  if (millis() - last >= intervalMs) {
    last = millis();
    publishTelemetry();
  }
  delay(10);
}
