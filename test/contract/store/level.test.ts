import { storeContract } from "./contract.js";
import { LevelGround } from "./level-ground.js";

storeContract((t) => LevelGround.create(t));
