use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "score:{game}:{player}")]
struct Score {
    game: String,
    player: u64,
    points: u32,
}

fn main() {
    let _ = Score::scan().within((7,));
}
